/**
 * What each character of a text means to WordPiece under given settings and vocabulary, worked out when it is first
 * seen and then looked up: a small table for the hot loop, and a full one for whatever that leaves aside.
 */
import type { Normalizer } from "./normalize.ts";
import { type Alphabet, UNKNOWN_CODE } from "./trie.ts";
import { combiningClass, isPunctuation, isWhitespace } from "./unicode.ts";

/** The hot loop's classes; from UNKNOWN_CODE (3) on, a class is the code of a character in the trie. */
export const BLANK = 0;
export const ALONE = 1;
export const OTHER = 2;
const LAST_CLASS = 255;

/** The kinds of a meaning, in its lowest three bits. A meaning of 0 is not worked out yet. */
export const NOTHING = 1;
const SPACE = 2;
/** A word of one character; the rest of the meaning is its id. */
export const SINGLE = 3;
/** A character of a word; the rest is its code. */
export const LETTER = 4;
/** Becomes several; the rest is an index of `sequences`. */
export const SEVERAL = 5;
/** A mark that is kept and may change places with its neighbours: the whole stretch must be normalised. */
export const MOVABLE = 6;
export const KIND_BITS = 3;
export const KIND_MASK = 7;

/** The table of one tokenizer. */
export class Characters {
  /** By UTF-16 unit; OTHER where the full table must be asked. */
  readonly classes = new Uint8Array(0x10000).fill(OTHER);
  /** By UTF-16 unit: the meaning of a character of one unit. */
  readonly meanings = new Int32Array(0x10000);
  readonly sequences: (readonly number[])[] = [];
  readonly #normalized = new Int32Array(0x10000);
  readonly #astral = new Map<number, number>();
  readonly #normalizer: Normalizer;
  readonly #alphabet: Alphabet;
  readonly #idOf: (piece: string) => number;

  /** @param idOf The id of a piece, or the unknown piece's. */
  constructor(normalizer: Normalizer, alphabet: Alphabet, idOf: (piece: string) => number) {
    this.#normalizer = normalizer;
    this.#alphabet = alphabet;
    this.#idOf = idOf;
  }

  /** The meaning of a character of the text. */
  meaning(point: number): number {
    const known = point < 0x10000 ? this.meanings[point] : this.#astral.get(point);
    return known ? known : this.#learn(point);
  }

  /** The meaning of a character that normalisation has left. */
  normalized(point: number): number {
    if (point >= 0x10000) return this.#workNormalized(point);
    return (this.#normalized[point] ||= this.#workNormalized(point));
  }

  #workNormalized(point: number): number {
    if (isWhitespace(point)) return SPACE;
    if (isPunctuation(point)) return SINGLE | (this.#idOf(String.fromCodePoint(point)) << KIND_BITS);
    const { codes, astralCodes } = this.#alphabet;
    const code = point < 0x10000 ? codes[point] : (astralCodes.get(point) ?? UNKNOWN_CODE);
    return LETTER | (code << KIND_BITS);
  }

  #learn(point: number): number {
    const meaning = this.#work(point);
    if (point >= 0x10000) {
      this.#astral.set(point, meaning);
      return meaning;
    }
    this.meanings[point] = meaning;
    const kind = meaning & KIND_MASK;
    if (kind === SPACE) this.classes[point] = BLANK;
    else if (kind === SINGLE) this.classes[point] = ALONE;
    else if (kind === LETTER && meaning >> KIND_BITS <= LAST_CLASS)
      this.classes[point] = meaning >> KIND_BITS;
    return meaning;
  }

  #work(point: number): number {
    const { points, length } = this.#normalize(point);
    if (length === 0) return NOTHING;
    const { stripAccents } = this.#normalizer.settings;
    const sequence: number[] = [];
    for (let at = 0; at < length; at++) {
      if (stripAccents && combiningClass(points[at]) !== 0) return MOVABLE;
      sequence.push(this.normalized(points[at]));
    }
    if (length === 1) return sequence[0];
    const alone = length === 3 && sequence[0] === SPACE && sequence[2] === SPACE;
    if (alone && (sequence[1] & KIND_MASK) === LETTER)
      return SINGLE | (this.#idOf(String.fromCodePoint(points[1])) << KIND_BITS);
    this.sequences.push(sequence);
    return SEVERAL | ((this.sequences.length - 1) << KIND_BITS);
  }

  #normalize(point: number): Normalizer {
    const text = String.fromCodePoint(point);
    this.#normalizer.run(text, 0, text.length);
    return this.#normalizer;
  }
}
