/**
 * The hot loop: from text to ids and offsets in one pass over its UTF-16 units, normalising, splitting into words
 * and matching pieces at once. Words of up to 16 common characters are remembered; anything else is read character
 * by character. Added tokens, buffers' sizes and special tokens round the text are left to the tokenizer.
 */
import {
  ALONE,
  BLANK,
  Characters,
  KIND_BITS,
  KIND_MASK,
  LETTER,
  MOVABLE,
  NOTHING,
  OTHER,
  SEVERAL,
  SINGLE,
  SPACE,
} from "./characters.ts";
import { type Normalizer, pointAt } from "./normalize.ts";
import { NO_LINK, NO_PIECES, ROOT, SUFFIX_ROOT, type Trie, UNKNOWN_CODE } from "./trie.ts";

/**
 * The most tokens that one UTF-16 unit can become: a Hangul syllable falls into three letters, and no other
 * character leaves more.
 */
export const TOKENS_PER_UNIT = 3;

/** Sets of the cache of words; each holds two words of eight numbers: four of key, a count, and up to three ids. */
const CACHE_SETS = 1 << 13;
const ENTRY = 8;
const CACHED_IDS = 3;
const CACHED_LENGTH = 16;

const NOWHERE = new Int32Array(0);

/** One vocabulary under one set of settings. */
export class WordPiece {
  readonly #characters: Characters;
  readonly #normalizer: Normalizer;
  readonly #trie: Trie;
  readonly #unknown: number;
  readonly #longest: number;
  readonly #cache = new Int32Array(CACHE_SETS * 2 * ENTRY);
  // The word being read: codes of its characters, and where each is from.
  readonly #codes: Uint16Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #length = 0;
  // The output of the run under way.
  #ids: Int32Array = NOWHERE;
  #offsets: Int32Array = NOWHERE;
  #located = false;
  #at = 0;

  /** @param longest Words of more characters (after normalisation) are unknown. */
  constructor(trie: Trie, characters: Characters, normalizer: Normalizer, unknown: number, longest: number) {
    this.#trie = trie;
    this.#characters = characters;
    this.#normalizer = normalizer;
    this.#unknown = unknown;
    this.#longest = longest;
    const room = Math.max(longest, CACHED_LENGTH) + 1;
    this.#codes = new Uint16Array(room);
    this.#starts = new Int32Array(room);
    this.#ends = new Int32Array(room);
  }

  /**
   * Writes the tokens of `text.slice(start, end)` from `at` on and returns where they end. The arrays must have room
   * for TOKENS_PER_UNIT tokens a unit; without `offsets` only ids are written.
   */
  run(
    text: string,
    start: number,
    end: number,
    ids: Int32Array,
    offsets: Int32Array | undefined,
    at: number,
  ): number {
    const { classes, meanings } = this.#characters;
    const cache = this.#cache;
    const lengths = this.#trie.lengths;
    const located = offsets !== undefined;
    const spans = offsets ?? NOWHERE;
    this.#aim(ids, offsets);
    let i = start;
    while (i < end) {
      const unit = text.charCodeAt(i);
      let k = classes[unit]!;
      if (k === BLANK) {
        i++;
        continue;
      }
      if (k === ALONE) {
        ids[at] = meanings[unit]! >> KIND_BITS;
        if (located) {
          spans[2 * at] = i;
          spans[2 * at + 1] = i + 1;
        }
        at++;
        i++;
        continue;
      }
      const from = i;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      if (k !== OTHER) {
        // Pack the classes of up to 16 characters, four a number, and stop at what ends or complicates the word.
        a = k;
        i++;
        let stop = from + 4 < end ? from + 4 : end;
        while (i < stop && (k = classes[text.charCodeAt(i)]!) > OTHER) {
          a = (a << 8) | k;
          i++;
        }
        if (i === from + 4) {
          stop = from + 8 < end ? from + 8 : end;
          while (i < stop && (k = classes[text.charCodeAt(i)]!) > OTHER) {
            b = (b << 8) | k;
            i++;
          }
          if (i === from + 8) {
            stop = from + 12 < end ? from + 12 : end;
            while (i < stop && (k = classes[text.charCodeAt(i)]!) > OTHER) {
              c = (c << 8) | k;
              i++;
            }
            if (i === from + 12) {
              stop = from + 16 < end ? from + 16 : end;
              while (i < stop && (k = classes[text.charCodeAt(i)]!) > OTHER) {
                d = (d << 8) | k;
                i++;
              }
              // A longer word goes the slow way, so its next character is looked at here.
              if (i === from + 16 && i < end && classes[text.charCodeAt(i)]! >= OTHER) k = OTHER;
            }
          }
        }
      }
      if (k === OTHER) {
        i = this.#readSlowly(text, from, end, at);
        at = this.#at;
        continue;
      }
      let hash =
        Math.imul(a, 0x9e3779b1) ^
        Math.imul(b, 0x85ebca77) ^
        Math.imul(c, 0xc2b2ae3d) ^
        Math.imul(d, 0x27d4eb2f);
      hash ^= hash >>> 15;
      let entry = (hash & (CACHE_SETS - 1)) * 2 * ENTRY;
      if (cache[entry] !== a || cache[entry + 1] !== b || cache[entry + 2] !== c || cache[entry + 3] !== d) {
        entry += ENTRY;
        if (
          cache[entry] !== a ||
          cache[entry + 1] !== b ||
          cache[entry + 2] !== c ||
          cache[entry + 3] !== d
        ) {
          at = this.#readAndRemember(text, from, i, at, entry - ENTRY, a, b, c, d);
          continue;
        }
      }
      const count = cache[entry + 4]!;
      const first = cache[entry + 5]!;
      ids[at] = first;
      if (located) spans[2 * at] = from;
      if (count > 1) {
        const second = cache[entry + 6]!;
        ids[at + 1] = second;
        if (count > 2) ids[at + 2] = cache[entry + 7]!;
        if (located) {
          let border = from + lengths[first]!;
          spans[2 * at + 1] = spans[2 * at + 2] = border;
          if (count > 2) {
            border += lengths[second]!;
            spans[2 * at + 3] = spans[2 * at + 4] = border;
          }
        }
      }
      at += count;
      if (located) spans[2 * at - 1] = i;
    }
    return at;
  }

  /** Matches a word of common characters, each one unit, and keeps its ids if they are few. */
  #readAndRemember(
    text: string,
    from: number,
    to: number,
    at: number,
    set: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): number {
    const classes = this.#characters.classes;
    for (let i = from; i < to; i++) {
      this.#codes[i - from] = classes[text.charCodeAt(i)]!;
      this.#starts[i - from] = i;
      this.#ends[i - from] = i + 1;
    }
    this.#length = to - from;
    this.#at = at;
    this.#endWord();
    const count = this.#at - at;
    if (count <= CACHED_IDS) {
      const cache = this.#cache;
      cache.copyWithin(set + ENTRY, set, set + ENTRY); // the older word moves to the second place
      cache[set] = a;
      cache[set + 1] = b;
      cache[set + 2] = c;
      cache[set + 3] = d;
      cache[set + 4] = count;
      for (let nth = 0; nth < count; nth++) cache[set + 5 + nth] = this.#ids[at + nth]!;
    }
    return this.#at;
  }

  /** Reads one word or one single character of any kind, and returns where the text goes on. */
  #readSlowly(text: string, from: number, end: number, at: number): number {
    this.#at = at;
    this.#length = 0;
    for (let i = from; i < end;) {
      const point = pointAt(text, i);
      const next = i + (point > 0xffff ? 2 : 1);
      const meaning = this.#characters.meaning(point);
      const kind = meaning & KIND_MASK;
      if (kind === MOVABLE) {
        this.#at = at;
        this.#length = 0;
        this.#takeNormalized(0, this.#normalizer.run(text, from, end));
        return end;
      }
      if (kind === SEVERAL) {
        for (const each of this.#characters.sequences[meaning >> KIND_BITS]!) this.#take(each, i, next);
      } else if (kind !== NOTHING) {
        this.#take(meaning, i, next);
        if (kind !== LETTER) return next;
      }
      i = next;
    }
    this.#endWord();
    return end;
  }

  /** As `run`, of characters `from` to `to` of what the normaliser holds. */
  runNormalized(
    from: number,
    to: number,
    ids: Int32Array,
    offsets: Int32Array | undefined,
    at: number,
  ): number {
    this.#aim(ids, offsets);
    this.#at = at;
    this.#takeNormalized(from, to);
    return this.#at;
  }

  #takeNormalized(from: number, to: number): void {
    const { points, starts, ends } = this.#normalizer;
    for (let i = from; i < to; i++) this.#take(this.#characters.normalized(points[i]!), starts[i]!, ends[i]!);
    this.#endWord();
  }

  #aim(ids: Int32Array, offsets: Int32Array | undefined): void {
    this.#ids = ids;
    this.#offsets = offsets ?? NOWHERE;
    this.#located = offsets !== undefined;
  }

  /** Takes one character: a letter joins the word, anything else ends it. */
  #take(meaning: number, start: number, end: number): void {
    const kind = meaning & KIND_MASK;
    if (kind === LETTER) {
      // One letter beyond the longest word is kept: it makes the word too long, and carries its end.
      const nth = Math.min(this.#length, this.#longest);
      if (nth === this.#length) {
        this.#codes[nth] = meaning >> KIND_BITS;
        this.#starts[nth] = start;
        this.#length++;
      }
      this.#ends[nth] = end;
      return;
    }
    this.#endWord();
    if (kind === SINGLE) this.#emit(meaning >> KIND_BITS, start, end);
  }

  #emit(id: number, start: number, end: number): void {
    this.#ids[this.#at] = id;
    if (this.#located) {
      this.#offsets[2 * this.#at] = start;
      this.#offsets[2 * this.#at + 1] = end;
    }
    this.#at++;
  }

  /** Splits the word that was read into pieces. */
  #endWord(): void {
    const length = this.#length;
    if (length === 0) return;
    this.#length = 0;
    const from = this.#at;
    if (length > this.#longest || !this.#match(length)) {
      this.#at = from;
      this.#emit(this.#unknown, this.#starts[0]!, this.#ends[length - 1]!);
    } else if (this.#located) {
      const lengths = this.#trie.lengths;
      for (let at = from, letter = 0; at < this.#at; at++) {
        this.#offsets[2 * at] = this.#starts[letter]!;
        letter += lengths[this.#ids[at]!]!;
        this.#offsets[2 * at + 1] = this.#ends[letter - 1]!;
      }
    }
  }

  /** Algorithm 1 of LinMaxMatch: writes the ids of a word's pieces; false if it has none. */
  #match(length: number): boolean {
    const { cells, emitted } = this.#trie;
    const codes = this.#codes;
    const ids = this.#ids;
    let at = this.#at;
    let state = ROOT;
    for (let i = 0; i <= length;) {
      // After the last character the links are followed until nothing of the word is left.
      if (i === length) {
        if (state === SUFFIX_ROOT) break;
      } else {
        const code = codes[i]!;
        if (code === UNKNOWN_CODE) return false;
        const next = cells[4 * state]! + code;
        if (cells[4 * next + 1] === state) {
          state = next;
          i++;
          continue;
        }
      }
      const pieces = cells[4 * state + 3]!;
      if (pieces < 0) {
        const list = -1 - pieces;
        for (let nth = 1; nth <= emitted[list]!; nth++) ids[at++] = emitted[list + nth]!;
      } else if (pieces !== NO_PIECES) ids[at++] = pieces;
      state = cells[4 * state + 2]!;
      if (state === NO_LINK) return false;
    }
    this.#at = at;
    return true;
  }
}
