/**
 * A corpus as token ids on the disk: far larger than memory, read by document and sentence. Only an index of a dozen
 * bytes a document is in memory. `token-store-writer.ts` writes it.
 *
 * The file, little-endian: 8 bytes that name the format; of each document the ends of its sentences (uint32, in tokens
 * from its first) and its ids (uint16 or uint32), at a multiple of 4; at a multiple of 8 the index: where each document
 * begins and the last one ends (float64), how often each id occurs (float64), how many sentences each document has
 * (uint32); the header (JSON); where the index is (float64), the header's bytes (uint32), a version (uint32), and the
 * 8 bytes again, without which the file is not whole.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { ClozeError, type Tokenizer } from "@cloze/core";
import { explainUnread } from "./blocks.ts";
import type { Documents, Sentences } from "./examples.ts";
import type { Source } from "./sources.ts";

export const MAGIC = Buffer.from("clozetok", "latin1");
export const VERSION = 1;
export const TRAILER = 24;

/** What a tokenizer's ids depend on. */
export interface TokenizerMark {
  readonly pieces: number;
  /** Hashes of the pieces, and of the settings. */
  readonly vocabulary: string;
  readonly settings: string;
}

/** What a store says of itself. */
export interface StoreHeader {
  readonly sources: readonly Source[];
  readonly tokenizer: TokenizerMark;
  /** The version of ICU that found the sentences. */
  readonly icu: string;
  readonly documents: number;
  readonly sentences: number;
  readonly tokens: number;
  /** Bytes an id. */
  readonly width: 2 | 4;
}

/** The mark of a tokenizer. */
export function markTokenizer({ vocabulary, settings }: Tokenizer): TokenizerMark {
  return {
    pieces: vocabulary.size,
    vocabulary: sha256(vocabulary.pieces.join("\n")),
    settings: sha256(JSON.stringify({ ...settings, compat: settings.compat?.name ?? null })),
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * A corpus of token ids. Any number of readers may share it.
 *
 * @example
 * using store = TokenStore.open("corpus.tokens");
 * const { ids, ends } = store.read(0);
 * ids.subarray(0, ends[0]); // the first sentence of the first document
 */
export class TokenStore implements Documents {
  readonly header: StoreHeader;
  /** How often each id occurs, by id. */
  readonly counts: Float64Array;
  readonly #file: string;
  readonly #offsets: Float64Array;
  readonly #sentences: Uint32Array;
  #descriptor: number | undefined;

  private constructor(file: string, descriptor: number) {
    this.#file = file;
    this.#descriptor = descriptor;
    const bytes = fstatSync(descriptor).size;
    if (bytes < MAGIC.length + TRAILER) throw this.#damaged();
    const trailer = Buffer.alloc(TRAILER);
    this.#fill(trailer, bytes - TRAILER);
    const at = trailer.readDoubleLE(0);
    const headerBytes = trailer.readUInt32LE(8);
    if (trailer.readUInt32LE(12) !== VERSION || !trailer.subarray(16).equals(MAGIC)) throw this.#damaged();
    const headerAt = bytes - TRAILER - headerBytes;
    if (!(at >= MAGIC.length && at < headerAt)) throw this.#damaged();
    this.header = this.#readHeader(headerAt, headerBytes);
    const { documents, tokenizer } = this.header;
    if (at + 8 * (documents + 1 + tokenizer.pieces) + 4 * documents !== headerAt) throw this.#damaged();
    this.#offsets = this.#fill(new Float64Array(documents + 1), at);
    this.counts = this.#fill(new Float64Array(tokenizer.pieces), at + this.#offsets.byteLength);
    this.#sentences = this.#fill(new Uint32Array(documents), headerAt - 4 * documents);
  }

  /**
   * @throws {ClozeError} `not-found`; `invalid-input` for a file that is not a whole store.
   */
  static open(file: string): TokenStore {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(file, "r");
      return new TokenStore(file, descriptor);
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw explainUnread(error, file);
    }
  }

  get documents(): number {
    return this.#sentences.length;
  }

  sentences(document: number): number {
    return this.#sentences[document];
  }

  /** Bytes of a document on the disk. */
  size(document: number): number {
    return this.#offsets[document + 1] - this.#offsets[document];
  }

  /**
   * The sentences of a document from one on, until they have so many tokens or the document ends; one at least.
   *
   * @throws {ClozeError} `disposed`; `invalid-input` for a store that has been cut short.
   */
  read(document: number, from = 0, tokens = Number.POSITIVE_INFINITY): Sentences {
    const at = this.#offsets[document];
    const all = this.#sentences[document];
    let count = Math.min(all - from, Math.max(1, tokens)); // no sentence is empty
    const before = from === 0 ? 0 : 1;
    const bounds = this.#fill(new Uint32Array(before + count), at + 4 * (from - before));
    const start = before === 0 ? 0 : bounds[0];
    const ends = bounds.subarray(before);
    for (let nth = 0; nth < count; nth++) {
      ends[nth] -= start;
      if (ends[nth] >= tokens) count = nth + 1;
    }
    const { width } = this.header;
    const length = ends[count - 1];
    const ids = width === 2 ? new Uint16Array(length) : new Uint32Array(length);
    this.#fill(ids, at + 4 * all + width * start);
    return { ids, ends: ends.subarray(0, count) };
  }

  /**
   * Checks that this is the store of a tokenizer.
   *
   * @throws {ClozeError} `invalid-input` if its vocabulary or its settings are others.
   */
  checkTokenizer(tokenizer: Tokenizer): void {
    const { vocabulary, settings } = markTokenizer(tokenizer);
    const mark = this.header.tokenizer;
    const other =
      vocabulary !== mark.vocabulary
        ? "vocabulary differs"
        : settings !== mark.settings
          ? "settings differ"
          : "";
    if (other !== "")
      throw new ClozeError(
        "invalid-input",
        `The corpus was tokenized with another tokenizer: its ${other}; give that tokenizer, or begin anew.`,
        { field: "vocab" },
      );
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #readHeader(at: number, bytes: number): StoreHeader {
    try {
      return JSON.parse(this.#fill(Buffer.alloc(bytes), at).toString("utf8")) as StoreHeader;
    } catch {
      throw this.#damaged();
    }
  }

  #fill<A extends NodeJS.ArrayBufferView>(array: A, position: number): A {
    if (this.#descriptor === undefined)
      throw new ClozeError("disposed", `${this.#file} has been closed: open it anew.`);
    let done = 0;
    while (done < array.byteLength) {
      const read = readSync(this.#descriptor, array, done, array.byteLength - done, position + done);
      if (read === 0) throw this.#damaged();
      done += read;
    }
    return array;
  }

  #damaged(): ClozeError {
    return new ClozeError(
      "invalid-input",
      `${this.#file} is not a whole store of tokens: delete it, and it is made anew.`,
      { field: "corpus" },
    );
  }
}
