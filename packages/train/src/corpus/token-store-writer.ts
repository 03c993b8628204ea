/**
 * Makes a token store of text files, a block of text at a time. The store appears when it is whole.
 */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { type Abort, ClozeError, throwIfAborted, type Tokenizer } from "@cloze/core";
import { RESUME, unwritable } from "../run/whole-file.ts";
import { readLines } from "./documents.ts";
import { withRoom } from "./room.ts";
import { splitSentences } from "./sentences.ts";
import { describeSource, sizeOf, type Source } from "./sources.ts";
import { MAGIC, markTokenizer, type StoreHeader, TokenStore, TRAILER, VERSION } from "./token-store.ts";

/** How a store is made. */
export interface StoreOptions {
  /** Told how many bytes of the files, as they lie on the disk, have been read, and of how many. */
  readonly onProgress?: ((bytes: number, total: number) => void) | undefined;
  readonly signal?: Abort | undefined;
}

/** A longer document becomes several, so that one fits into memory whatever the corpus. */
const LONGEST_DOCUMENT = 1 << 20;
/** A UTF-16 unit becomes at most so many tokens. */
const TOKENS_PER_UNIT = 3;
const WRITE_SIZE = 1 << 20;
const WIDE = 1 << 16;

/**
 * Tokenizes a corpus: UTF-8 texts, packed with gzip where the name ends in `.gz`; a blank line or a file's end between
 * documents, one paragraph a line. Documents without a token are left out; one of more than 2^20 tokens becomes
 * several.
 *
 * @param file Where the store will be.
 * @throws {ClozeError} `not-found` and `invalid-input`, naming the file that cannot be read, is not UTF-8 or is not
 * gzip; `invalid-input` for a corpus without a token; `invalid-option` where the store cannot be written; `aborted`.
 * @example
 * using store = await writeTokenStore(["novels.txt", "manuals.txt.gz"], tokenizer, "corpus.tokens");
 * store.header.tokens;
 */
export async function writeTokenStore(
  files: readonly string[],
  tokenizer: Tokenizer,
  file: string,
  { onProgress, signal }: StoreOptions = {},
): Promise<TokenStore> {
  const total = (await Promise.all(files.map(sizeOf))).reduce((sum, bytes) => sum + bytes, 0);
  const partial = `${file}.partial`;
  const handle = await open(partial, "w").catch((error: unknown) => {
    throw unwritable(file, error, RESUME);
  });
  try {
    const writer = new Writer(tokenizer, handle, file);
    const sources: Source[] = [];
    let read = 0;
    for (const source of files) {
      sources.push(await describeSource(source, signal));
      for await (const lines of readLines(source, (bytes) => (read += bytes))) {
        throwIfAborted(signal);
        for (const line of lines) writer.add(line);
        await writer.flush(WRITE_SIZE);
        onProgress?.(read, total);
      }
      writer.endDocument();
    }
    await writer.finish(sources);
    await handle.close();
    await rename(partial, file).catch((error: unknown) => {
      throw unwritable(file, error, RESUME);
    });
  } catch (error) {
    await handle.close();
    await rm(partial, { force: true });
    throw error;
  }
  return TokenStore.open(file);
}

/** Collects documents and writes what they become. */
class Writer {
  readonly #tokenizer: Tokenizer;
  readonly #handle: FileHandle;
  readonly #file: string;
  readonly #width: 2 | 4;
  readonly #counts: Float64Array;
  /** The document so far. */
  #ids = new Int32Array(1 << 12);
  #tokens = 0;
  #ends = new Uint32Array(1 << 8);
  #sentences = 0;
  /** What is to be written. */
  #bytes = new Uint8Array(2 * WRITE_SIZE);
  #pending = MAGIC.copy(this.#bytes);
  #written = 0;
  /** Of the documents so far: where they begin and how many sentences they have. */
  #offsets = new Float64Array(1 << 10);
  #sizes = new Uint32Array(1 << 10);
  #documents = 0;
  #allSentences = 0;
  #allTokens = 0;

  constructor(tokenizer: Tokenizer, handle: FileHandle, file: string) {
    this.#tokenizer = tokenizer;
    this.#handle = handle;
    this.#file = file;
    this.#width = tokenizer.vocabulary.size <= WIDE ? 2 : 4;
    this.#counts = new Float64Array(tokenizer.vocabulary.size);
  }

  /** Takes a paragraph, or `""` between documents. */
  add(line: string): void {
    if (line === "") return this.endDocument();
    for (const sentence of splitSentences(line)) {
      if (this.#tokens >= LONGEST_DOCUMENT) this.endDocument();
      this.#ids = withRoom(this.#ids, this.#tokens + TOKENS_PER_UNIT * sentence.length);
      const end = this.#tokenizer.tokenizeInto(sentence, this.#ids, undefined, this.#tokens);
      if (end === this.#tokens) continue;
      this.#ends = withRoom(this.#ends, this.#sentences + 1);
      this.#ends[this.#sentences++] = this.#tokens = end;
    }
  }

  endDocument(): void {
    const [tokens, sentences, width] = [this.#tokens, this.#sentences, this.#width];
    if (tokens === 0) return;
    for (let at = 0; at < tokens; at++) this.#counts[this.#ids[at]]++;
    this.#offsets = withRoom(this.#offsets, this.#documents + 1);
    this.#sizes = withRoom(this.#sizes, this.#documents + 1);
    this.#offsets[this.#documents] = this.#written + this.#pending;
    this.#sizes[this.#documents++] = sentences;
    this.#append(this.#ends.subarray(0, sentences));
    const ids = this.#ids.subarray(0, tokens);
    this.#append(width === 2 ? new Uint16Array(ids) : ids);
    this.#pad(4);
    this.#allSentences += sentences;
    this.#allTokens += tokens;
    this.#tokens = this.#sentences = 0;
  }

  /** Writes what is pending if it is so many bytes. */
  async flush(least: number): Promise<void> {
    if (this.#pending < least) return;
    await this.#write(this.#handle.writeFile(this.#bytes.subarray(0, this.#pending)));
    this.#written += this.#pending;
    this.#pending = 0;
  }

  async finish(sources: readonly Source[]): Promise<void> {
    const documents = this.#documents;
    if (documents === 0)
      throw new ClozeError("invalid-input", "The corpus has no text: give files with some.", {
        field: "corpus",
      });
    this.#offsets = withRoom(this.#offsets, documents + 1);
    this.#offsets[documents] = this.#written + this.#pending;
    this.#pad(8);
    const trailer = Buffer.alloc(TRAILER);
    trailer.writeDoubleLE(this.#written + this.#pending, 0);
    this.#append(this.#offsets.subarray(0, documents + 1));
    this.#append(this.#counts);
    this.#append(this.#sizes.subarray(0, documents));
    const header: StoreHeader = {
      sources,
      tokenizer: markTokenizer(this.#tokenizer),
      icu: process.versions.icu ?? "",
      documents,
      sentences: this.#allSentences,
      tokens: this.#allTokens,
      width: this.#width,
    };
    const json = Buffer.from(JSON.stringify(header), "utf8");
    this.#append(json);
    trailer.writeUInt32LE(json.length, 8);
    trailer.writeUInt32LE(VERSION, 12);
    MAGIC.copy(trailer, 16);
    this.#append(trailer);
    await this.flush(0);
    await this.#write(this.#handle.sync());
  }

  #append(array: ArrayBufferView): void {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    this.#bytes = withRoom(this.#bytes, this.#pending + bytes.length);
    this.#bytes.set(bytes, this.#pending);
    this.#pending += bytes.length;
  }

  #pad(multiple: number): void {
    const over = (this.#written + this.#pending) % multiple;
    if (over > 0) this.#append(new Uint8Array(multiple - over));
  }

  async #write(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => {
      throw unwritable(this.#file, error, RESUME);
    });
  }
}
