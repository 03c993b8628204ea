/**
 * Random numbers of which each is a function of a seed and of what it is for: Philox4x32-10 (Salmon, Moraes, Dror,
 * Shaw: Parallel random numbers: as easy as 1, 2, 3; 2011). There is no state to save: who knows the seed and the
 * stream begins it anew. Dropout inside the graph has its own hash.
 */
import { ClozeError } from "@cloze/core";

/** What a stream is for: the first of its numbers, so that no two uses draw the same ones. */
export const purposes = {
  /** First weights; then the parameter. */
  weights: 1,
  /** The order of documents or rows; then the epoch. */
  order: 2,
  /** Mixing what is near each other; then the epoch and the window. */
  mixing: 3,
  /** Sentence pairs and segments; then the epoch and the document. */
  segments: 4,
  /** Masks; then the epoch and the document. */
  masks: 5,
  /** Seeds of dropout; then the step. */
  dropout: 6,
  /** Samples of a statistic. */
  bootstrap: 7,
  /** Parting data in two. */
  split: 8,
} as const;

const ROUNDS = 10;
const WORD = 2 ** 32;

/**
 * Philox4x32-10: the block of four words for a counter of four words and a key of two.
 *
 * @param block Takes the words.
 */
export function philox(
  block: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(c0, 0xd251, 0x1f53);
    const high1 = multiplyHigh(c2, 0xcd9e, 0x8d57);
    const low0 = Math.imul(c0, 0xd2511f53);
    const low1 = Math.imul(c2, 0xcd9e8d57);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/** The upper half of a product of 32-bit words, the second given in its halves. */
function multiplyHigh(word: number, high: number, low: number): number {
  const wordHigh = word >>> 16;
  const wordLow = word & 0xffff;
  const first = (Math.imul(wordHigh, low) + (Math.imul(wordLow, low) >>> 16)) | 0;
  const second = (Math.imul(wordLow, high) + (first & 0xffff)) | 0;
  return (Math.imul(wordHigh, high) + (first >>> 16) + (second >>> 16)) | 0;
}

/**
 * A stream of random numbers. Drawing allocates nothing.
 *
 * @example
 * const random = new Random(1, purposes.order, 3);
 * random.permutation(4); // always the same
 */
export class Random {
  readonly #block = new Uint32Array(4);
  readonly #low: number;
  readonly #high: number;
  readonly #first: number;
  readonly #second: number;
  readonly #third: number;
  #counter = 0;
  #used = 4;
  /** Box and Muller make normal numbers in pairs. */
  #spare = Number.NaN;

  /**
   * @param seed A safe integer.
   * @param stream Up to three whole numbers below 2^32: one of `purposes`, then what tells its streams apart.
   * @throws {ClozeError} `invalid-option` for a seed that is no safe integer.
   */
  constructor(seed: number, ...[first = 0, second = 0, third = 0]: [number?, number?, number?]) {
    if (!Number.isSafeInteger(seed))
      throw new ClozeError("invalid-option", `The seed is ${seed}: give a whole number.`, { field: "seed" });
    this.#low = seed | 0;
    this.#high = Math.floor(seed / WORD) | 0;
    this.#first = first | 0;
    this.#second = second | 0;
    this.#third = third | 0;
  }

  /** A whole number below 2^32. */
  next(): number {
    if (this.#used === 4) {
      philox(this.#block, this.#counter, this.#first, this.#second, this.#third, this.#low, this.#high);
      this.#counter = (this.#counter + 1) | 0;
      this.#used = 0;
    }
    return this.#block[this.#used++];
  }

  /** A number in [0, 1) of 53 bits. */
  uniform(): number {
    const high = this.next() >>> 5;
    return (high * 2 ** 26 + (this.next() >>> 6)) / 2 ** 53;
  }

  /** A whole number below `n`, which is at most 2^32; all are equally likely. */
  below(n: number): number {
    const most = WORD - (WORD % n);
    let word = this.next();
    while (word >= most) word = this.next();
    return word % n;
  }

  /** A number with mean 0 and variance 1 (Box, Muller). */
  normal(): number {
    const spare = this.#spare;
    this.#spare = Number.NaN;
    if (!Number.isNaN(spare)) return spare;
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** As `normal`, drawn anew while it is beyond 2: times 0.02, a weight of BERT before it has learnt. */
  truncatedNormal(): number {
    let number = this.normal();
    while (Math.abs(number) > 2) number = this.normal();
    return number;
  }

  /** The numbers below `n` in any order; each is equally likely. */
  permutation(n: number): Uint32Array<ArrayBuffer> {
    const order = new Uint32Array(n);
    for (let at = 0; at < n; at++) order[at] = at;
    this.shuffle(order, n);
    return order;
  }

  /** Puts the first `count` items in any order (Fisher, Yates; from the end, as Python's `shuffle`). */
  shuffle(items: Int32Array | Uint32Array, count: number): void {
    for (let at = count - 1; at > 0; at--) {
      const other = this.below(at + 1);
      const item = items[at];
      items[at] = items[other];
      items[other] = item;
    }
  }
}
