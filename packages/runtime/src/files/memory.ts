/**
 * Files held in memory: for tests, and for hosts that hold a model's bytes already.
 */
import { ClozeError } from "@cloze/core";
import type { Files } from "./files.ts";

export class MemoryFiles implements Files {
  readonly location: string;
  readonly #files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

  constructor(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, location = "memory") {
    this.#files = files;
    this.location = location;
  }

  async list(): Promise<ReadonlyMap<string, number>> {
    return new Map([...this.#files].map(([path, bytes]) => [path, bytes.length]));
  }

  async read(path: string, range?: { offset: number; length: number }): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#files.get(path);
    if (!bytes) throw new ClozeError("not-found", `${this.location} has no file ${path}.`);
    return range ? bytes.slice(range.offset, range.offset + range.length) : bytes;
  }

  async hash(path: string): Promise<string> {
    const digest = await crypto.subtle.digest("SHA-256", await this.read(path));
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}
