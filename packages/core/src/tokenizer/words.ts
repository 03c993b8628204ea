/**
 * Text to normalised words: what the tokenizer sees before it looks for pieces, for whoever learns a vocabulary.
 * It asks the same table of characters as the tokenizer does, with every character being its own code.
 */
import { Characters, KIND_BITS, KIND_MASK, LETTER, MOVABLE, NOTHING, SEVERAL, SINGLE } from "./characters.ts";
import { Normalizer, type NormalizerSettings, pointAt } from "./normalize.ts";
import type { Alphabet } from "./trie.ts";

/** Takes a word in the first `length` UTF-16 units of a buffer, which the next word overwrites. */
export type WordTaker = (units: Uint16Array, length: number) => void;

/**
 * Reads the words of texts, one after the other.
 *
 * @example
 * const words: string[] = [];
 * const settings = { lowercase: true, stripAccents: true, handleChineseChars: true, cleanText: true };
 * const splitter = new WordSplitter(settings, 100, (units, length) =>
 *   words.push(String.fromCharCode(...units.subarray(0, length))),
 * );
 * splitter.split("Déjà vu!"); // words: "deja", "vu", "!"
 */
export class WordSplitter {
  readonly #normalizer: Normalizer;
  readonly #characters: Characters;
  readonly #longest: number;
  readonly #take: WordTaker;
  /** The word so far; once it is full, the word is too long. */
  readonly #units: Uint16Array;
  #length = 0;
  /** Its characters of two units. */
  #astral = 0;

  /** @param longest Words of more characters are left out: a tokenizer calls them unknown. */
  constructor(settings: NormalizerSettings, longest: number, take: WordTaker) {
    this.#normalizer = new Normalizer(settings);
    const codes = Uint16Array.from({ length: 0x10000 }, (_, point) => point);
    const identity: Alphabet = {
      codes,
      astralCodes: { get: (point: number) => point } as ReadonlyMap<number, number>,
    };
    this.#characters = new Characters(this.#normalizer, identity, (piece) => piece.codePointAt(0)!);
    this.#longest = longest;
    this.#take = take;
    this.#units = new Uint16Array(2 * longest + 1);
  }

  /** Gives each word of the text to the taker. */
  split(text: string): void {
    const { meanings } = this.#characters;
    const units = this.#units;
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const known = meanings[text.charCodeAt(i)]; // 0 for a surrogate
      if ((known & KIND_MASK) === LETTER && known >> KIND_BITS <= 0xffff) {
        if (length < units.length) units[length++] = known >> KIND_BITS;
        continue;
      }
      this.#length = length;
      i = this.#read(text, i);
      length = this.#length;
    }
    this.#length = length;
    this.#end();
  }

  /** Reads what is not a common letter, and returns the last index read. */
  #read(text: string, at: number): number {
    const point = pointAt(text, at);
    const meaning = this.#characters.meaning(point);
    const kind = meaning & KIND_MASK;
    if (kind === MOVABLE) return this.#readLine(text, at);
    if (kind === SEVERAL)
      for (const each of this.#characters.sequences[meaning >> KIND_BITS]) this.#takeMeaning(each);
    else if (kind !== NOTHING) this.#takeMeaning(meaning);
    return point > 0xffff ? at + 1 : at;
  }

  /** Reads the rest of the line as a whole: marks act on their neighbours, but never over a line's end. */
  #readLine(text: string, at: number): number {
    const end = text.indexOf("\n", at);
    const normalizer = this.#normalizer;
    const length = normalizer.run(text, at, end < 0 ? text.length : end);
    for (let nth = 0; nth < length; nth++)
      this.#takeMeaning(this.#characters.normalized(normalizer.points[nth]));
    return (end < 0 ? text.length : end) - 1;
  }

  #takeMeaning(meaning: number): void {
    const kind = meaning & KIND_MASK;
    if (kind === LETTER) return this.#takeLetter(meaning >> KIND_BITS);
    this.#end();
    if (kind !== SINGLE) return;
    this.#takeLetter(meaning >> KIND_BITS);
    this.#end();
  }

  #takeLetter(point: number): void {
    const units = this.#units;
    if (point > 0xffff) {
      this.#astral++;
      if (this.#length < units.length) units[this.#length++] = 0xd800 + ((point - 0x10000) >> 10);
      point = 0xdc00 + ((point - 0x10000) & 0x3ff);
    }
    if (this.#length < units.length) units[this.#length++] = point;
  }

  #end(): void {
    const length = this.#length;
    const characters = length - this.#astral;
    const full = length === this.#units.length; // which takes more characters than the longest word has
    this.#length = this.#astral = 0;
    if (length > 0 && !full && characters <= this.#longest) this.#take(this.#units, length);
  }
}
