/**
 * Examples that are learned from over and over: encoded once, kept in a few flat arrays, and drawn in batches. What
 * their labels are is left to each task.
 */
import { batchByLength, ClozeError } from "@cloze/core";
import type { Encoding, Feeds } from "@cloze/core";
import { withRoom } from "../corpus/room.ts";
import { purposes, Random } from "../random.ts";
import type { Batch, DataSource, Json } from "../train-step.ts";

/** Encodings one behind the other. */
export class PackedRows {
  readonly ids: Int32Array;
  /** Where each row begins in `ids`, and at the end the number of ids. */
  readonly starts: Int32Array;
  /** How many of a row's tokens are of its first text. */
  readonly firsts: Int32Array;

  /** @param encodings Read once; none is kept. */
  constructor(encodings: Iterable<Encoding>) {
    let ids = new Int32Array(1 << 12);
    const starts = [0];
    const firsts: number[] = [];
    for (const encoding of encodings) {
      const start = starts[firsts.length];
      const end = start + encoding.ids.length;
      ids = withRoom(ids, end);
      ids.set(encoding.ids, start);
      starts.push(end);
      const second = encoding.segments.indexOf(1);
      firsts.push(second < 0 ? encoding.ids.length : second);
    }
    this.ids = ids.slice(0, starts[firsts.length]);
    this.starts = Int32Array.from(starts);
    this.firsts = Int32Array.from(firsts);
  }

  get count(): number {
    return this.firsts.length;
  }

  /** The tokens of a row. */
  length(row: number): number {
    return this.starts[row + 1] - this.starts[row];
  }

  /** What the encoder reads of some rows, each [rows, length]. */
  collate(rows: readonly number[], length: number, padding: number): Feeds {
    const dims = [rows.length, length];
    const ids = new Int32Array(rows.length * length).fill(padding);
    const segments = new Int32Array(ids.length);
    const mask = new Float32Array(ids.length);
    for (const [r, row] of rows.entries()) {
      const at = r * length;
      const end = at + this.length(row);
      ids.set(this.ids.subarray(this.starts[row], this.starts[row + 1]), at);
      segments.fill(1, at + this.firsts[row], end);
      mask.fill(1, at, end);
    }
    return {
      input_ids: { type: "int32", dims, data: ids },
      token_type_ids: { type: "int32", dims, data: segments },
      attention_mask: { type: "float32", dims, data: mask },
    };
  }
}

/** Examples with their labels. */
export interface Examples {
  readonly rows: PackedRows;
  /** Rows of an example: 1, or as many as it has choices, one behind the other. */
  readonly rowsEach: number;
  /** What each example counts; the words of a sentence count one by one. */
  readonly counts: Float32Array;
  /**
   * The feeds of the loss.
   *
   * @param examples Which, in the order of the rows.
   * @param length To which the rows are padded.
   * @param scale What all weights are multiplied by, so that over a whole batch they sum to 1.
   */
  labels(examples: readonly number[], length: number, scale: number): Feeds;
}

/** How examples are drawn. */
export interface DrawOptions {
  readonly batch: number;
  readonly seed: number;
  /** Tokens of a micro-batch, padding included. */
  readonly microTokens: number;
  /** The id of [PAD]. */
  readonly padding: number;
}

/** Rows are padded to a multiple of this, so that batches come in few shapes. */
const MULTIPLE = 8;

/**
 * All examples in an order of its own in each epoch, batch by batch; the last batch of an epoch may be smaller. Within a
 * batch, examples of like length are computed together.
 *
 * @example
 * const rows = new PackedRows([tokenizer.encode("a warm film"), tokenizer.encode("a dull film")]);
 * const examples = { rows, rowsEach: 1, counts: Float32Array.of(1, 1), labels: () => ({}) };
 * const source = new ExampleSource(examples, { batch: 32, seed: 1, microTokens: 1024, padding: 0 });
 * (await source.next()).tokens; // 10
 */
export class ExampleSource implements DataSource {
  readonly #examples: Examples;
  readonly #options: DrawOptions;
  #epoch = 0;
  #at = 0;
  #order: Uint32Array;

  constructor(examples: Examples, options: DrawOptions) {
    this.#examples = examples;
    this.#options = options;
    this.#order = this.#orderOf(0);
  }

  get count(): number {
    return this.#examples.counts.length;
  }

  get epoch(): number {
    return this.#epoch + this.#at / this.count;
  }

  /** Batches of an epoch. */
  get batches(): number {
    return Math.ceil(this.count / this.#options.batch);
  }

  async next(): Promise<Batch> {
    const chosen = Array.from(this.#order.subarray(this.#at, this.#at + this.#options.batch));
    this.#goTo(this.#epoch, this.#at + chosen.length);
    const { rows, rowsEach, counts } = this.#examples;
    const scale = 1 / chosen.reduce((sum, example) => sum + counts[example], 0);
    const lengths = chosen.map((example) => {
      const longest = Math.max(...this.#rowsOf(example).map((row) => rows.length(row)));
      return Math.ceil(longest / MULTIPLE) * MULTIPLE;
    });
    const micros = batchByLength(lengths, this.#options.microTokens / rowsEach);
    const feeds = micros.map((places): Feeds => {
      const some = places.map((place) => chosen[place]);
      const length = lengths[places[places.length - 1]];
      const read = rows.collate(
        some.flatMap((example) => this.#rowsOf(example)),
        length,
        this.#options.padding,
      );
      return { ...read, ...this.#examples.labels(some, length, scale) };
    });
    const tokens = chosen
      .flatMap((example) => this.#rowsOf(example))
      .reduce((sum, row) => sum + rows.length(row), 0);
    return { feeds, tokens };
  }

  position(): Json {
    return { epoch: this.#epoch, at: this.#at };
  }

  async seek(position: Json): Promise<void> {
    const { epoch, at } = position as { readonly epoch: number; readonly at: number };
    if (!(Number.isSafeInteger(epoch) && Number.isSafeInteger(at) && at >= 0 && at < this.count))
      throw new ClozeError(
        "invalid-model",
        `There is no place ${JSON.stringify(position)} in these examples.`,
      );
    this.#goTo(epoch, at);
  }

  #goTo(epoch: number, at: number): void {
    const next = at >= this.count ? epoch + 1 : epoch;
    if (next !== this.#epoch) this.#order = this.#orderOf(next);
    this.#epoch = next;
    this.#at = at >= this.count ? 0 : at;
  }

  #rowsOf(example: number): number[] {
    const { rowsEach } = this.#examples;
    return Array.from({ length: rowsEach }, (_, i) => example * rowsEach + i);
  }

  #orderOf(epoch: number): Uint32Array {
    return new Random(this.#options.seed, purposes.order, epoch).permutation(this.count);
  }
}
