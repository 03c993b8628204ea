/**
 * The hot loop: from text to ids and offsets in one pass over its UTF-16 units, normalising, splitting into words
 * and matching pieces at once. Words of up to 16 common characters are remembered; anything else is read character
 * by character. Added tokens, buffers' sizes and special tokens round the text are left to the tokenizer.
 */
import {
  ALONE,
  BLANK,
  type Characters,
  KIND_BITS,
  KIND_MASK,
  LETTER,
  MOVABLE,
  NOTHING,
  OTHER,
  SEVERAL,
} from "./characters.ts";
import { type Normalizer, pointAt } from "./normalize.ts";
import type { Trie } from "./trie.ts";
import { Word } from "./word.ts";

/**
 * The most tokens that one UTF-16 unit can become: a Hangul syllable falls into three letters, and no other
 * character leaves more.
 */
export const TOKENS_PER_UNIT = 3;

/** The cache has half a megabyte: a word is eight numbers, four of key, a count, and up to three ids. */
const CACHE_BITS = 14;
const ENTRY = 8;
const CACHED_IDS = 3;

const NOWHERE = new Int32Array(0);

/** One vocabulary under one set of settings. */
export class WordPiece {
  readonly #characters: Characters;
  readonly #normalizer: Normalizer;
  readonly #lengths: Int32Array;
  readonly #cache = new Int32Array(ENTRY << CACHE_BITS);
  readonly #word: Word;

  /** @param longest Words of more characters (after normalisation) are unknown. */
  constructor(trie: Trie, characters: Characters, normalizer: Normalizer, unknown: number, longest: number) {
    this.#characters = characters;
    this.#normalizer = normalizer;
    this.#lengths = trie.lengths;
    this.#word = new Word(trie, unknown, longest);
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
    const lengths = this.#lengths;
    const located = offsets !== undefined;
    const spans = offsets ?? NOWHERE;
    const word = this.#word;
    word.begin(ids, offsets, at);
    for (let i = start; i < end;) {
      const from = i;
      const unit = text.charCodeAt(i++);
      let k = classes[unit];
      if (k === BLANK) continue;
      if (k === ALONE) {
        ids[at] = meanings[unit] >> KIND_BITS;
        if (located) {
          spans[2 * at] = from;
          spans[2 * at + 1] = i;
        }
        at++;
        continue;
      }

      // Pack the classes of up to 16 characters, four a number, and stop at what ends or complicates the word.
      let a = k;
      let b = 0;
      let c = 0;
      let d = 0;
      if (k !== OTHER) {
        let stop = from + 4 < end ? from + 4 : end;
        for (; i < stop && (k = classes[text.charCodeAt(i)]) > OTHER; i++) a = (a << 8) | k;
        if (i === from + 4) {
          stop = from + 8 < end ? from + 8 : end;
          for (; i < stop && (k = classes[text.charCodeAt(i)]) > OTHER; i++) b = (b << 8) | k;
          if (i === from + 8) {
            stop = from + 12 < end ? from + 12 : end;
            for (; i < stop && (k = classes[text.charCodeAt(i)]) > OTHER; i++) c = (c << 8) | k;
            if (i === from + 12) {
              stop = from + 16 < end ? from + 16 : end;
              for (; i < stop && (k = classes[text.charCodeAt(i)]) > OTHER; i++) d = (d << 8) | k;
              if (i === from + 16 && i < end && (k = classes[text.charCodeAt(i)]) > OTHER) k = OTHER; // longer
            }
          }
        }
      }
      if (k === OTHER) {
        i = this.#readSlowly(text, from, end, at);
        at = word.at;
        continue;
      }

      const hash = Math.imul(Math.imul(Math.imul(a, 0x9e3779b1) + b, 0x85ebca77) + (c ^ d), 0xc2b2ae3d);
      const entry = (hash >>> (32 - CACHE_BITS)) * ENTRY;
      if (cache[entry] !== a || cache[entry + 1] !== b || cache[entry + 2] !== c || cache[entry + 3] !== d) {
        const past = word.readPlain(text, from, i, classes, at);
        if (past - at <= CACHED_IDS) {
          cache[entry] = a;
          cache[entry + 1] = b;
          cache[entry + 2] = c;
          cache[entry + 3] = d;
          cache[entry + 4] = past - at;
          for (let nth = 0; at + nth < past; nth++) cache[entry + 5 + nth] = ids[at + nth];
        }
        at = past;
      } else {
        const count = cache[entry + 4];
        const first = cache[entry + 5];
        ids[at] = first;
        if (located) spans[2 * at] = from;
        if (count > 1) {
          const second = cache[entry + 6];
          ids[at + 1] = second;
          if (count > 2) ids[at + 2] = cache[entry + 7];
          if (located) {
            let border = from + lengths[first];
            spans[2 * at + 1] = spans[2 * at + 2] = border;
            if (count > 2) {
              border += lengths[second];
              spans[2 * at + 3] = spans[2 * at + 4] = border;
            }
          }
        }
        at += count;
        if (located) spans[2 * at - 1] = i;
      }
      if (k === BLANK) i++;
    }
    return at;
  }

  /** As `run`, of characters `from` to `to` of what the normaliser holds. */
  runNormalized(
    from: number,
    to: number,
    ids: Int32Array,
    offsets: Int32Array | undefined,
    at: number,
  ): number {
    this.#word.begin(ids, offsets, at);
    this.#takeNormalized(from, to);
    return this.#word.at;
  }

  /** Reads one word or one single character of any kind, and returns where the text goes on. */
  #readSlowly(text: string, from: number, end: number, at: number): number {
    const word = this.#word;
    word.restart(at);
    for (let i = from; i < end;) {
      const unit = text.charCodeAt(i);
      const point = (unit & 0xf800) === 0xd800 ? pointAt(text, i) : unit;
      const next = i + (point > 0xffff ? 2 : 1);
      const meaning = this.#characters.meaning(point);
      const kind = meaning & KIND_MASK;
      if (kind === MOVABLE) {
        // Its neighbours matter, and may be far: the rest of the text is normalised as a whole.
        word.restart(at);
        this.#takeNormalized(0, this.#normalizer.run(text, from, end));
        return end;
      }
      if (kind === SEVERAL) {
        for (const each of this.#characters.sequences[meaning >> KIND_BITS]) word.take(each, i, next);
      } else if (kind !== NOTHING) {
        word.take(meaning, i, next);
        if (kind !== LETTER) return next;
      }
      i = next;
    }
    word.end();
    return end;
  }

  #takeNormalized(from: number, to: number): void {
    const { points, starts, ends } = this.#normalizer;
    for (let i = from; i < to; i++)
      this.#word.take(this.#characters.normalized(points[i]), starts[i], ends[i]);
    this.#word.end();
  }
}
