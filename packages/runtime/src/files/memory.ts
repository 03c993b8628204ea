/**
 * Files held in memory: for tests, and for hosts that hold a model's bytes already.
 */
import { ClozeError } from "@cloze/core";
import type { Files, Listing } from "./files.ts";

export class MemoryFiles implements Files {
  readonly location: string;
  readonly #files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

  constructor(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, location = "memory") {
    this.#files = files;
    this.location = location;
  }

  async list(below = ""): Promise<Listing> {
    const prefix = below === "" ? "" : `${below}/`;
    const files = new Map<string, number>();
    const folders = new Set<string>();
    for (const [path, bytes] of this.#files) {
      if (!path.startsWith(prefix)) continue;
      const [name, ...rest] = path.slice(prefix.length).split("/");
      if (rest.length === 0) files.set(name, bytes.length);
      else folders.add(name);
    }
    return { files, folders: [...folders] };
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
