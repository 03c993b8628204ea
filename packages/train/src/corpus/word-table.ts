/**
 * How often each word of a text occurs. Words lie one after the other in one array and are found by their hash, so
 * that a million words are a few dozen megabytes and reading a word twice allocates nothing.
 */
import { WordSplitter } from "@cloze/core/tokenizer/words";

/** Words and how often each occurs, in any order: a `WordTable`, a `Map`, entries. */
export type WordCounts = Iterable<readonly [word: string, count: number]>;

/** What words are. */
export interface WordOptions {
  /** Keeps case and accents. Default: false. */
  readonly cased?: boolean | undefined;
}

/** A table's words, to be sent to another thread. */
export interface PackedWords {
  readonly units: Uint16Array<ArrayBuffer>;
  /** Where each word ends in `units`. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly counts: Float64Array<ArrayBuffer>;
}

/** As in BERT: a longer word is unknown to its tokenizer, and teaches nothing. */
const LONGEST_WORD = 100;

/**
 * Words and their counts; grows with the distinct words and with nothing else.
 *
 * @example
 * const table = new WordTable();
 * table.read("The café.");
 * table.read("The film.");
 * table.total; // 6
 */
export class WordTable {
  size = 0;
  #units = new Uint16Array(1 << 16);
  #ends = new Uint32Array(1 << 13);
  #hashes = new Int32Array(1 << 13);
  #counts = new Float64Array(1 << 13);
  /** By hash: a word's index + 1. */
  #slots = new Int32Array(1 << 14);
  readonly #splitter: WordSplitter;

  constructor({ cased = false }: WordOptions = {}) {
    const settings = { lowercase: !cased, stripAccents: !cased, handleChineseChars: true, cleanText: true };
    this.#splitter = new WordSplitter(settings, LONGEST_WORD, (units, length) =>
      this.#add(units, 0, length, 1),
    );
  }

  /** The bytes that the table takes. */
  get byteLength(): number {
    const arrays = [this.#units, this.#ends, this.#hashes, this.#counts, this.#slots];
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** How many words were counted. */
  get total(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Counts the words of a text; words do not go on from one text to the next. */
  read(text: string): void {
    this.#splitter.split(text);
  }

  /** Adds another table's words. */
  merge({ units, ends, counts }: PackedWords): void {
    for (let word = 0, start = 0; word < ends.length; start = ends[word++])
      this.#add(units, start, ends[word] - start, counts[word]);
  }

  pack(): PackedWords {
    const size = this.size;
    return {
      units: this.#units.slice(0, size === 0 ? 0 : this.#ends[size - 1]),
      ends: this.#ends.slice(0, size),
      counts: this.#counts.slice(0, size),
    };
  }

  *[Symbol.iterator](): Generator<readonly [word: string, count: number]> {
    for (let word = 0, start = 0; word < this.size; start = this.#ends[word++])
      yield [String.fromCharCode(...this.#units.subarray(start, this.#ends[word])), this.#counts[word]];
  }

  #add(units: Uint16Array, start: number, length: number, count: number): void {
    let hash = length;
    for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ units[i], 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let found = this.#slots[slot]; found !== 0; found = this.#slots[slot]) {
      if (this.#hashes[found - 1] === hash && this.#holds(found - 1, units, start, length)) {
        this.#counts[found - 1] += count;
        return;
      }
      slot = (slot + 1) & mask;
    }
    this.#append(slot, hash, units.subarray(start, start + length), count);
  }

  #holds(word: number, units: Uint16Array, start: number, length: number): boolean {
    const own = word === 0 ? 0 : this.#ends[word - 1];
    if (this.#ends[word] - own !== length) return false;
    for (let i = 0; i < length; i++) if (this.#units[own + i] !== units[start + i]) return false;
    return true;
  }

  #append(slot: number, hash: number, units: Uint16Array, count: number): void {
    const word = this.size++;
    const start = word === 0 ? 0 : this.#ends[word - 1];
    if (word === this.#ends.length) {
      this.#ends = enlarge(this.#ends, new Uint32Array(2 * word));
      this.#hashes = enlarge(this.#hashes, new Int32Array(2 * word));
      this.#counts = enlarge(this.#counts, new Float64Array(2 * word));
    }
    if (start + units.length > this.#units.length)
      this.#units = enlarge(this.#units, new Uint16Array(2 * this.#units.length));
    this.#units.set(units, start);
    this.#ends[word] = start + units.length;
    this.#hashes[word] = hash;
    this.#counts[word] = count;
    this.#slots[slot] = this.size;
    if (2 * this.size > this.#slots.length) this.#rehash();
  }

  #rehash(): void {
    const slots = (this.#slots = new Int32Array(2 * this.#slots.length));
    const mask = slots.length - 1;
    for (let word = 0; word < this.size; word++) {
      let slot = this.#hashes[word] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = word + 1;
    }
  }
}

/**
 * Counts the words of texts, as BERT's tokenizer splits and normalises them. Words over 100 characters, which it
 * calls unknown, are left out.
 *
 * @example
 * const words = countWords(["The café.", "the cafe"]);
 * [...words]; // [["the", 2], ["cafe", 2], [".", 1]]
 */
export function countWords(texts: Iterable<string>, options: WordOptions = {}): WordTable {
  const table = new WordTable(options);
  for (const text of texts) table.read(text);
  return table;
}

function enlarge<T extends Uint16Array | Uint32Array | Int32Array | Float64Array>(full: T, larger: T): T {
  larger.set(full);
  return larger;
}
