/**
 * How long runs take on this device: a fixed part and a part for every token, learned from the runs that there were.
 * On a GPU the fixed part is nearly all of it, on a CPU nearly nothing; it says what company is worth waiting for, and
 * how much padding is cheaper than another run.
 */

/** What an earlier run still counts when the next comes. */
const KEPT = 0.95;

/** Sizes of runs have to differ by so much of their mean, as a standard deviation, to tell the two parts apart. */
const SPREAD = 0.2;

/**
 * The line through the runs that there were, the latest counting most.
 *
 * @example
 * const time = new RunTime();
 * for (const tokens of [100, 200, 300]) time.observe(tokens, 4 + 0.01 * tokens);
 * Math.round(time.fixedMs); // 4
 * Math.round(time.tokensOfOne); // 400: they take another 4 ms
 */
export class RunTime {
  /** Sums over the runs: of 1, of tokens and milliseconds, of their products. */
  #runs = 0;
  #tokens = 0;
  #ms = 0;
  #squares = 0;
  #products = 0;
  #fixedMs = 0;
  #perToken = 0;

  observe(tokens: number, ms: number): void {
    this.#runs = KEPT * this.#runs + 1;
    this.#tokens = KEPT * this.#tokens + tokens;
    this.#ms = KEPT * this.#ms + ms;
    this.#squares = KEPT * this.#squares + tokens * tokens;
    this.#products = KEPT * this.#products + tokens * ms;
    const mean = this.#tokens / this.#runs;
    const variance = this.#squares / this.#runs - mean * mean;
    if (variance < (SPREAD * mean) ** 2) return; // all of a size: what was found before stands
    const slope = (this.#products / this.#runs - mean * this.meanMs) / variance;
    this.#perToken = Math.min(Math.max(slope, 0), this.meanMs / mean);
    this.#fixedMs = this.meanMs - this.#perToken * mean;
  }

  /** A run of the usual size, in milliseconds. */
  get meanMs(): number {
    return this.#runs === 0 ? 0 : this.#ms / this.#runs;
  }

  /** What a run takes whatever its size, in milliseconds; 0 until it can be told. */
  get fixedMs(): number {
    return this.#fixedMs;
  }

  /** How many tokens more in a run take as long as beginning another; no end of them until it can be told. */
  get tokensOfOne(): number {
    return this.#perToken === 0 ? Infinity : this.#fixedMs / this.#perToken;
  }
}
