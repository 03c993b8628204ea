/**
 * A store of tokens as batches to pre-train on. What comes is a function of the seed and the position: documents in an
 * order drawn for each epoch; windows of some of them, whose examples are mixed, so that a batch is not one document;
 * segments and masks drawn anew for each document and epoch.
 */
import { ClozeError, type Tokenizer } from "@cloze/core";
import { checkWhole, refuseNumber } from "../numbers.ts";
import { purposes, Random } from "../random.ts";
import type { Batch, DataSource, Json } from "../train-step.ts";
import { type BatchOptions, makeBatch, type Objective, rowOf, type Row } from "./batches.ts";
import { type Documents, Examples, type SegmentOptions } from "./examples.ts";
import { Masker, type MaskingOptions } from "./masking.ts";
import { makeSegments } from "./segments.ts";
import { makePairs } from "./sentence-pairs.ts";
import type { TokenStore } from "./token-store.ts";

/** What examples are made of: a store, or a part of one. */
export interface Corpus extends Documents, Pick<TokenStore, "size" | "checkTokenizer"> {
  readonly header: Pick<TokenStore["header"], "sentences">;
}

/** What a model is pre-trained on. */
export interface PretrainingOptions extends Omit<MaskingOptions, "maxPredictions"> {
  /** Shared: whoever opened it closes it. */
  readonly store: Corpus;
  /** The one that the store was made with. */
  readonly tokenizer: Tokenizer;
  readonly seed: number;
  /** Default: `mlm+nsp`, as BERT. */
  readonly objective?: Objective | undefined;
  /** Tokens of an example at most. Default: 128. */
  readonly length?: number | undefined;
  /** Examples of an update. Default: 32. */
  readonly batch?: number | undefined;
  /** Default: 15 % of the length, rounded up: 20 of 128. */
  readonly maxPredictions?: number | undefined;
  /** Tokens of a micro-batch at most, padding included; one example at least. Default: no bound. */
  readonly microTokens?: number | undefined;
  /** To the longest example of a micro-batch, in eights, or always to the full length. Default: `longest`. */
  readonly pad?: "longest" | "full" | undefined;
  /** How often examples are made for a shorter length, drawn at random. Default: 0.1. */
  readonly shortProbability?: number | undefined;
}

/** A window ends with the document that makes it as large as either. */
const WINDOW_DOCUMENTS = 256;
const WINDOW_BYTES = 1 << 21;

/** What each epoch has: an order of the documents, and where in it the windows begin and the last one ends. */
interface Epoch {
  readonly epoch: number;
  readonly order: Uint32Array;
  readonly starts: readonly number[];
}

interface Window {
  readonly examples: Examples;
  readonly order: Uint32Array;
}

/**
 * Batches to pre-train on, without end.
 *
 * @example
 * using store = await writeTokenStore(["corpus.txt"], tokenizer, "corpus.tokens");
 * const data = new PretrainingData({ store, tokenizer, seed: 1 });
 * const { feeds } = await data.next();
 * feeds[0].input_ids.dims; // [32, 128]
 */
export class PretrainingData implements DataSource {
  readonly #store: Corpus;
  readonly #seed: number;
  readonly #objective: Objective;
  readonly #batch: number;
  readonly #segments: SegmentOptions;
  readonly #masker: Masker | undefined;
  readonly #form: BatchOptions;
  #epoch: Epoch;
  #window = 0;
  #example = 0;
  /** The examples of the window; made when they are first needed. */
  #loaded: Window | undefined;

  /**
   * @throws {ClozeError} `invalid-option` for a number out of its range; `invalid-input` for a store of another
   * tokenizer, and for pairs of a corpus that is one sentence; `invalid-vocabulary` without `[MASK]` where it is needed.
   */
  constructor(options: PretrainingOptions) {
    const { store, tokenizer, seed, objective = "mlm+nsp", length = 128, batch = 32 } = options;
    const { microTokens = Number.POSITIVE_INFINITY, pad = "longest", shortProbability = 0.1 } = options;
    const { maxPredictions = Math.ceil(0.15 * length), wholeWord, score } = options;
    checkWhole("length", length, 5);
    checkWhole("batch", batch, 1);
    checkWhole("maxPredictions", maxPredictions, 1);
    if (microTokens !== Number.POSITIVE_INFINITY) checkWhole("microTokens", microTokens, 1);
    if (!(shortProbability >= 0 && shortProbability <= 1))
      throw refuseNumber("shortProbability", shortProbability, "a number from 0 to 1");
    store.checkTokenizer(tokenizer);
    if (objective === "mlm+nsp" && store.header.sentences < 2)
      throw new ClozeError("invalid-input", "The corpus is one sentence: pairs need more; give more text.", {
        field: "corpus",
      });
    this.#store = store;
    this.#seed = seed;
    this.#objective = objective;
    this.#batch = batch;
    this.#segments = { length, shortProbability, specials: tokenizer.specials };
    this.#masker =
      objective === "ltr" ? undefined : new Masker(tokenizer, { maxPredictions, wholeWord, score });
    this.#form = {
      objective,
      pad: tokenizer.specials.pad,
      microTokens,
      length,
      masks: objective === "ltr" ? length - 1 : maxPredictions,
      full: pad === "full",
    };
    this.#epoch = this.#begin(0);
  }

  get epoch(): number {
    const { epoch, starts } = this.#epoch;
    const within = this.#loaded === undefined ? 0 : this.#example / this.#loaded.order.length;
    return epoch + (this.#window + within) / (starts.length - 1);
  }

  async next(): Promise<Batch> {
    const rows: Row[] = [];
    while (rows.length < this.#batch) {
      const { examples, order } = (this.#loaded ??= this.#load());
      const { length } = order;
      for (; rows.length < this.#batch && this.#example < length; this.#example++)
        rows.push(rowOf(examples, order[this.#example], this.#objective));
      if (this.#example === length) this.#advance();
    }
    return makeBatch(rows, this.#form);
  }

  position(): Json {
    return { epoch: this.#epoch.epoch, window: this.#window, example: this.#example };
  }

  /**
   * @throws {ClozeError} `invalid-input` for a position that this data does not have.
   */
  async seek(position: Json): Promise<void> {
    const { epoch, window, example } = parsePosition(position);
    if (epoch !== this.#epoch.epoch) this.#epoch = this.#begin(epoch);
    if (window >= this.#epoch.starts.length - 1) throw strange();
    this.#window = window;
    this.#loaded = this.#load();
    if (example >= this.#loaded.order.length) throw strange();
    this.#example = example;
  }

  #advance(): void {
    this.#loaded = undefined;
    this.#example = 0;
    if (++this.#window < this.#epoch.starts.length - 1) return;
    this.#window = 0;
    this.#epoch = this.#begin(this.#epoch.epoch + 1);
  }

  #begin(epoch: number): Epoch {
    const { documents } = this.#store;
    const order = new Random(this.#seed, purposes.order, epoch).permutation(documents);
    const starts = [0];
    let bytes = 0;
    for (let nth = 0; nth < documents; nth++) {
      bytes += this.#store.size(order[nth]);
      const full = bytes >= WINDOW_BYTES || nth + 1 - starts[starts.length - 1] === WINDOW_DOCUMENTS;
      if (!full && nth + 1 < documents) continue;
      starts.push(nth + 1);
      bytes = 0;
    }
    return { epoch, order, starts };
  }

  #load(): Window {
    const { epoch, order, starts } = this.#epoch;
    const examples = new Examples();
    const make = this.#objective === "mlm+nsp" ? makePairs : makeSegments;
    for (const document of order.subarray(starts[this.#window], starts[this.#window + 1])) {
      let example = examples.count;
      const random = new Random(this.#seed, purposes.segments, epoch, document);
      make(this.#store, document, this.#segments, random, examples);
      if (this.#masker === undefined) continue;
      const masks = new Random(this.#seed, purposes.masks, epoch, document);
      for (; example < examples.count; example++) this.#masker.mask(examples, example, masks);
    }
    const mixing = new Random(this.#seed, purposes.mixing, epoch, this.#window);
    return { examples, order: mixing.permutation(examples.count) };
  }
}

function parsePosition(position: Json): { epoch: number; window: number; example: number } {
  if (typeof position !== "object" || position === null) throw strange();
  const { epoch, window, example } = position as Partial<Record<string, Json>>;
  if (!isIndex(epoch) || !isIndex(window) || !isIndex(example)) throw strange();
  return { epoch, window, example };
}

function isIndex(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function strange(): ClozeError {
  return new ClozeError(
    "invalid-input",
    "The place in the data at which training stopped is not in this data: resume with the same options, or begin anew.",
  );
}
