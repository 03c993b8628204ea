/**
 * What an encoder said of a text, kept for the next time: a second training on the same texts takes a second. One file
 * an encoder and kind of features, of records of one size, in the user's cache folder; it may be deleted at any time.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import type { Feeds, FloatTensor, RunOptions, Session } from "@cloze/core";

const KEY_BYTES = 16;
/** A file that would grow beyond this stays as it is. */
const MOST_BYTES = 2 ** 30;

/** Vectors by the row of tokens that they are of. */
export class FeatureCache {
  readonly #file: string | undefined;
  readonly #floats: number;
  readonly #vectors = new Map<string, Float32Array>();
  #added = 0;

  private constructor(file: string | undefined, floats: number) {
    this.#file = file;
    this.#floats = floats;
  }

  /**
   * Opens the cache of an encoder; what cannot be read is begun anew.
   *
   * @param name Tells encoder and features.
   * @param folder By default `cloze/features` in `XDG_CACHE_HOME` or `~/.cache`; with `false` nothing is kept on disk.
   * @param floats The numbers of one row.
   */
  static async open(name: string, folder: string | false | undefined, floats: number): Promise<FeatureCache> {
    const home = process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"); // an empty one is as none
    const place = folder ?? path.join(home, "cloze", "features");
    const cache = new FeatureCache(place === false ? undefined : path.join(place, `${name}.bin`), floats);
    if (cache.#file !== undefined) cache.#read(await readFile(cache.#file).catch(() => new Uint8Array()));
    return cache;
  }

  get(key: string): Float32Array | undefined {
    return this.#vectors.get(key);
  }

  set(key: string, vector: Float32Array): void {
    this.#vectors.set(key, vector);
    this.#added++;
  }

  /** Writes what was added. A cache that cannot be written is no fault: the next run computes again. */
  async save(): Promise<void> {
    const bytes = this.#vectors.size * (KEY_BYTES + 4 * this.#floats);
    if (this.#file === undefined || this.#added === 0 || bytes > MOST_BYTES) return;
    const all = new Uint8Array(bytes);
    let at = 0;
    for (const [key, vector] of this.#vectors) {
      all.set(Buffer.from(key, "latin1"), at);
      all.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), at + KEY_BYTES);
      at += KEY_BYTES + 4 * this.#floats;
    }
    const partial = `${this.#file}.${process.pid}.partial`;
    try {
      await mkdir(path.dirname(this.#file), { recursive: true });
      await writeFile(partial, all);
      await rename(partial, this.#file);
      this.#added = 0;
    } catch {
      await rm(partial, { force: true });
    }
  }

  #read(all: Uint8Array): void {
    const size = KEY_BYTES + 4 * this.#floats;
    if (all.length % size !== 0) return;
    for (let at = 0; at < all.length; at += size) {
      const key = Buffer.from(all.subarray(at, at + KEY_BYTES)).toString("latin1");
      this.#vectors.set(
        key,
        new Float32Array(Uint8Array.from(all.subarray(at + KEY_BYTES, at + size)).buffer),
      );
    }
  }
}

/** A session that runs another one for no row twice. It gives the outputs of its cache, and only those. */
export class CachedSession implements Session {
  readonly outputs: readonly string[];
  readonly #session: Session;
  readonly #cache: FeatureCache;

  constructor(session: Session, cache: FeatureCache, outputs: readonly string[]) {
    this.#session = session;
    this.#cache = cache;
    this.outputs = outputs;
  }

  get tokensPerRun(): number {
    return this.#session.tokensPerRun;
  }

  paddedLength(length: number): number {
    return this.#session.paddedLength(length);
  }

  async run(
    feeds: Feeds,
    outputs: readonly string[],
    options?: RunOptions,
  ): Promise<Record<string, FloatTensor>> {
    const [rows, length] = feeds.input_ids.dims;
    const keys = Array.from({ length: rows }, (_, row) => keyOf(feeds, row, length));
    const missing = keys.flatMap((key, row) => (this.#cache.get(key) ? [] : [row]));
    if (missing.length > 0) {
      const results = await this.#session.run(someRows(feeds, missing, length), this.outputs, options);
      for (const [i, row] of missing.entries()) {
        const parts = this.outputs.map((name) => rowOf(results[name].data, i, missing.length));
        this.#cache.set(keys[row], Float32Array.from(parts.flatMap((part) => [...part])));
      }
    }
    const vectors = keys.map((key) => this.#cache.get(key)!);
    return Object.fromEntries(
      outputs.map((name) => {
        const nth = this.outputs.indexOf(name);
        const parts = vectors.map((vector) => rowOf(vector, nth, this.outputs.length));
        const width = parts[0].length;
        const data = new Float32Array(rows * width);
        for (const [row, part] of parts.entries()) data.set(part, row * width);
        return [name, { type: "float32", dims: [rows, width], data } satisfies FloatTensor];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

/** What a row is known by: its tokens, padding left out, and where its second text begins. */
function keyOf({ input_ids, token_type_ids, attention_mask }: Feeds, row: number, length: number): string {
  const start = row * length;
  let end = start + length;
  while (end > start && attention_mask.data[end - 1] === 0) end--;
  const hash = createHash("sha256");
  for (const { data } of [input_ids, token_type_ids]) hash.update(Int32Array.from(data.subarray(start, end)));
  return hash.digest().subarray(0, KEY_BYTES).toString("latin1");
}

function someRows(feeds: Feeds, rows: readonly number[], length: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      const data = tensor.data.slice(0, rows.length * length);
      for (const [i, row] of rows.entries())
        data.set(tensor.data.subarray(row * length, (row + 1) * length), i * length);
      return [name, { ...tensor, dims: [rows.length, length], data } as typeof tensor];
    }),
  );
}

function rowOf(data: Float32Array, row: number, rows: number): Float32Array {
  const width = data.length / rows;
  return data.subarray(row * width, (row + 1) * width);
}
