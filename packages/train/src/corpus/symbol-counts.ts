/**
 * The score `likelihood`: how often each piece occurs, and which pairs gain when a piece becomes rarer.
 */
import type { SpelledWords } from "./alphabet.ts";
import type { PairTable } from "./pairs.ts";

export class SymbolCounts {
  readonly #pairs: PairTable;
  readonly #counts: Float64Array;
  /** Pairs by left and by right piece. */
  readonly #withLeft: number[][];
  readonly #withRight: number[][];
  #indexed = 1;

  /** @param size Ids of pieces are less than this. */
  constructor({ symbols, starts, counts }: SpelledWords, pairs: PairTable, size: number) {
    this.#pairs = pairs;
    this.#counts = new Float64Array(size);
    this.#withLeft = Array.from({ length: size }, () => []);
    this.#withRight = Array.from({ length: size }, () => []);
    for (let word = 0; word < counts.length; word++)
      for (let at = starts[word]; at < starts[word + 1]; at++) this.#counts[symbols[at]] += counts[word];
  }

  /** count(ab) / (count(a) · count(b)). */
  score(pair: number): number {
    const { left, right, counts } = this.#pairs;
    return counts[pair] / this.#counts[left[pair]] / this.#counts[right[pair]];
  }

  /** Takes note that a pair was merged, so many times, and returns the pairs whose score may have risen. */
  merge(pair: number, into: number, times: number): readonly number[] {
    const { left, right, size } = this.#pairs;
    this.#counts[left[pair]] -= times;
    this.#counts[right[pair]] -= times;
    this.#counts[into] += times;
    for (; this.#indexed < size; this.#indexed++) {
      this.#withLeft[left[this.#indexed]].push(this.#indexed);
      this.#withRight[right[this.#indexed]].push(this.#indexed);
    }
    const parts = left[pair] === right[pair] ? [left[pair]] : [left[pair], right[pair]];
    return parts.flatMap((symbol) => this.#withLeft[symbol].concat(this.#withRight[symbol]));
  }
}
