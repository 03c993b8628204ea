/**
 * A priority queue of pairs: the highest score first, among equals the pair with the lowest ids. Scores are as they
 * were when the pair was pushed; whether one still holds is for the caller to see.
 */

export class PairQueue {
  size = 0;
  #scores = new Float64Array(1 << 10);
  #pairs = new Int32Array(1 << 10);
  /** Whether one pair goes before another of the same score. */
  readonly #before: (one: number, other: number) => boolean;

  constructor(before: (one: number, other: number) => boolean) {
    this.#before = before;
  }

  get topScore(): number {
    return this.#scores[0];
  }

  push(pair: number, score: number): void {
    if (this.size === this.#pairs.length) {
      const [scores, pairs] = [this.#scores, this.#pairs];
      (this.#scores = new Float64Array(2 * this.size)).set(scores);
      (this.#pairs = new Int32Array(2 * this.size)).set(pairs);
    }
    let at = this.size++;
    for (let parent = (at - 1) >> 1; at > 0 && this.#precedes(pair, score, parent); parent = (at - 1) >> 1) {
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, pair, score);
  }

  /** Takes the first pair out. */
  pop(): number {
    const first = this.#pairs[0];
    const pair = this.#pairs[--this.size];
    const score = this.#scores[this.size];
    let at = 0;
    for (let child = 1; child < this.size; child = 2 * at + 1) {
      if (child + 1 < this.size && this.#precedes(this.#pairs[child + 1], this.#scores[child + 1], child))
        child++;
      if (this.#precedes(pair, score, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, pair, score);
    return first;
  }

  #precedes(pair: number, score: number, at: number): boolean {
    const other = this.#scores[at];
    return score > other || (score === other && this.#before(pair, this.#pairs[at]));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#pairs[from], this.#scores[from]);
  }

  #put(at: number, pair: number, score: number): void {
    this.#pairs[at] = pair;
    this.#scores[at] = score;
  }
}
