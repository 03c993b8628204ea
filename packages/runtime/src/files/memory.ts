/**
 * Files held in memory: for tests, and for hosts that hold a model's bytes already.
 */
import { ClozeError } from "@cloze/core";
import { listFolder, sha256 } from "./files.ts";
import type { Files, Listing } from "./files.ts";

export class MemoryFiles implements Files {
  readonly location: string;
  readonly #files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

  constructor(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, location = "memory") {
    this.#files = files;
    this.location = location;
  }

  async list(below = ""): Promise<Listing> {
    return listFolder(this.#files, below, ({ length }) => length);
  }

  async read(path: string, range?: { offset: number; length: number }): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#files.get(path);
    if (!bytes) throw new ClozeError("not-found", `${this.location} has no file ${path}.`);
    return range ? bytes.slice(range.offset, range.offset + range.length) : bytes;
  }

  async hash(path: string): Promise<string> {
    return sha256(await this.read(path));
  }
}
