/**
 * Files whose weights are read whole, and once: a session in a browser takes them as bytes, so reading the header and
 * the hash from a server of their own would be downloads for nothing.
 */
import { sha256 } from "../files/files.ts";
import type { Files, Listing } from "../files/files.ts";
import { FetchFiles } from "./fetch-files.ts";

export class HeldWeights implements Files {
  readonly location: string;
  /** Whether its bytes come from the network: nobody else has them. */
  readonly fetched: boolean;
  /** Whether they can be read again without being downloaded again. */
  readonly rereads: boolean;
  readonly #files: Files;
  readonly #held = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  constructor(files: Files) {
    this.#files = files;
    this.fetched = files instanceof FetchFiles;
    this.rereads = !(files instanceof FetchFiles) || files.keeps;
    this.location = files.location;
  }

  list(below?: string): Promise<Listing> {
    return this.#files.list(below);
  }

  async read(path: string, range?: { offset: number; length: number }): Promise<Uint8Array<ArrayBuffer>> {
    if (!path.endsWith(".safetensors")) return this.#files.read(path, range);
    const held = this.#held.get(path) ?? this.#files.read(path);
    this.#held.set(path, held);
    const bytes = await held;
    return range ? bytes.slice(range.offset, range.offset + range.length) : bytes;
  }

  async hash(path: string): Promise<string> {
    const held = globalThis.crypto?.subtle && this.#held.get(path);
    return held ? sha256(await held) : this.#files.hash(path);
  }

  /** A file's bytes, to be given away: if it is asked for again, it is read again. */
  async take(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.read(path);
    this.#held.delete(path); // at once: who asks meanwhile must not be given the same
    return bytes;
  }

  /** Holds nothing more. */
  release(): void {
    this.#held.clear();
  }
}
