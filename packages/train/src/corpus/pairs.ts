/**
 * Neighbouring pieces and how often each pair occurs, kept up to date while pairs are merged, in typed arrays.
 * Which pair is the best to merge is left to `merges.ts`.
 */

/** Pairs by index, from 1; index 0 is none. */
export class PairTable {
  size = 1;
  left = new Int32Array(1 << 12);
  right = new Int32Array(1 << 12);
  counts = new Float64Array(1 << 12);
  /** Of each pair, the first node of its list of words, 0 for none. */
  #heads = new Int32Array(1 << 12);
  #slots = new Int32Array(1 << 13);

  /** Nodes: a word, and the next node of the same list. */
  #words: Int32Array;
  #next: Int32Array;
  #nodes = 1;
  #free = 0;

  /** @param room How many words the lists will hold in all; they grow if need be. */
  constructor(room: number) {
    this.#words = new Int32Array(room + 1);
    this.#next = new Int32Array(room + 1);
  }

  /** The index of a pair, made if it is not there. */
  index(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash(left, right) & mask;
    for (let pair = this.#slots[slot]; pair !== 0; pair = this.#slots[slot]) {
      if (this.left[pair] === left && this.right[pair] === right) return pair;
      slot = (slot + 1) & mask;
    }
    if (this.size === this.left.length) this.#enlarge();
    const pair = (this.#slots[slot] = this.size++);
    this.left[pair] = left;
    this.right[pair] = right;
    if (2 * this.size > this.#slots.length) this.#rehash();
    return pair;
  }

  hasWords(pair: number): boolean {
    return this.#heads[pair] !== 0;
  }

  /** Adds a word to the list of a pair; a word may be there twice. */
  addWord(pair: number, word: number): void {
    let node = this.#free;
    if (node !== 0) this.#free = this.#next[node]!;
    else {
      node = this.#nodes++;
      if (node === this.#words.length) {
        const length = node + (node >> 2) + 1;
        this.#words = enlarge(this.#words, new Int32Array(length));
        this.#next = enlarge(this.#next, new Int32Array(length));
      }
    }
    this.#words[node] = word;
    this.#next[node] = this.#heads[pair]!;
    this.#heads[pair] = node;
  }

  /** Takes the first word out of a pair's list; -1 when there is none. */
  takeWord(pair: number): number {
    const node = this.#heads[pair];
    if (node === 0) return -1;
    this.#heads[pair] = this.#next[node]!;
    this.#next[node] = this.#free;
    this.#free = node;
    return this.#words[node];
  }

  /** Takes occurrences away; a pair that has none left forgets its words. */
  lessen(pair: number, by: number): void {
    this.counts[pair] -= by;
    if (this.counts[pair] === 0) while (this.takeWord(pair) >= 0);
  }

  #enlarge(): void {
    const length = 2 * this.size;
    this.left = enlarge(this.left, new Int32Array(length));
    this.right = enlarge(this.right, new Int32Array(length));
    this.counts = enlarge(this.counts, new Float64Array(length));
    this.#heads = enlarge(this.#heads, new Int32Array(length));
  }

  #rehash(): void {
    const slots = (this.#slots = new Int32Array(2 * this.#slots.length));
    const mask = slots.length - 1;
    for (let pair = 1; pair < this.size; pair++) {
      let slot = hash(this.left[pair], this.right[pair]) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = pair;
    }
  }
}

function hash(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca77);
  return mixed ^ (mixed >>> 15);
}

function enlarge<T extends Int32Array | Float64Array>(full: T, larger: T): T {
  larger.set(full);
  return larger;
}
