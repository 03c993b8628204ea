/**
 * The word that is being read, character by character, and its pieces: greedy longest-match-first by the automaton,
 * ids and offsets written where the run under way wants them. Where words begin and end is the reader's to say.
 */
import { KIND_BITS, KIND_MASK, LETTER, SINGLE } from "./characters.ts";
import { NO_LINK, NO_PIECES, ROOT, SUFFIX_ROOT, type Trie, UNKNOWN_CODE } from "./trie.ts";

const NOWHERE = new Int32Array(0);
const NO_COUNT = -1;

/** One word after the other; each `take` may end one and begin another. */
export class Word {
  /** Where the next token goes. */
  at = 0;
  #ids: Int32Array = NOWHERE;
  #offsets: Int32Array = NOWHERE;
  #located = false;

  readonly #trie: Trie;
  readonly #unknown: number;
  readonly #longest: number;
  readonly #codes: Uint16Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #pieces: Int32Array;
  #length = 0;

  /** @param longest Words of more characters are one `unknown`. */
  constructor(trie: Trie, unknown: number, longest: number) {
    this.#trie = trie;
    this.#unknown = unknown;
    this.#longest = longest;
    this.#codes = new Uint16Array(longest + 1);
    this.#starts = new Int32Array(longest + 1);
    this.#ends = new Int32Array(longest + 1);
    this.#pieces = new Int32Array(longest);
  }

  /** Begins a run that writes from token `at` on; without `offsets` only ids. */
  begin(ids: Int32Array, offsets: Int32Array | undefined, at: number): void {
    this.#ids = ids;
    this.#offsets = offsets ?? NOWHERE;
    this.#located = offsets !== undefined;
    this.restart(at);
  }

  /** Forgets the word so far and writes from `at` on. */
  restart(at: number): void {
    this.at = at;
    this.#length = 0;
  }

  /** Takes one character by its meaning: a letter joins the word, anything else ends it. */
  take(meaning: number, start: number, end: number): void {
    const kind = meaning & KIND_MASK;
    if (kind === LETTER) return this.takeLetter(meaning >> KIND_BITS, start, end);
    this.end();
    if (kind === SINGLE) this.#emit(meaning >> KIND_BITS, start, end);
  }

  takeLetter(code: number, start: number, end: number): void {
    const nth = this.#length;
    if (nth > this.#longest) {
      this.#ends[nth - 1] = end; // the word is too long already, and the last letter carries its end
      return;
    }
    this.#codes[nth] = code;
    this.#starts[nth] = start;
    this.#ends[nth] = end;
    this.#length = nth + 1;
  }

  /** Ends the word, if there is one, and writes its tokens. */
  end(): void {
    const length = this.#length;
    if (length === 0) return;
    this.#length = 0;
    const count = length > this.#longest ? NO_COUNT : this.#split(length);
    if (count === NO_COUNT) return this.#emit(this.#unknown, this.#starts[0], this.#ends[length - 1]);
    const { lengths } = this.#trie;
    const ids = this.#ids;
    const offsets = this.#offsets;
    const located = this.#located;
    let at = this.at;
    for (let nth = 0, letter = 0; nth < count; nth++, at++) {
      const id = this.#pieces[nth];
      ids[at] = id;
      if (!located) continue;
      offsets[2 * at] = this.#starts[letter];
      letter += lengths[id];
      offsets[2 * at + 1] = this.#ends[letter - 1];
    }
    this.at = at;
  }

  /** Reads a whole word of letters of one unit each, writes its tokens from `at` on and returns where they end. */
  readPlain(text: string, from: number, to: number, codeOf: Uint8Array, at: number): number {
    const codes = this.#codes;
    const length = to - from;
    let count = NO_COUNT;
    if (length <= this.#longest) {
      for (let nth = 0; nth < length; nth++) codes[nth] = codeOf[text.charCodeAt(from + nth)];
      count = this.#split(length);
    }
    if (count === NO_COUNT) {
      this.at = at;
      this.#emit(this.#unknown, from, to);
      return this.at;
    }
    const { lengths } = this.#trie;
    const ids = this.#ids;
    const offsets = this.#offsets;
    const located = this.#located;
    for (let nth = 0, start = from; nth < count; nth++, at++) {
      const id = this.#pieces[nth];
      ids[at] = id;
      if (!located) continue;
      offsets[2 * at] = start;
      offsets[2 * at + 1] = start += lengths[id];
    }
    return at;
  }

  #emit(id: number, start: number, end: number): void {
    this.#ids[this.at] = id;
    if (this.#located) {
      this.#offsets[2 * this.at] = start;
      this.#offsets[2 * this.at + 1] = end;
    }
    this.at++;
  }

  /** Finds the ids of the word's pieces (algorithm 1 of LinMaxMatch) and counts them; NO_COUNT if it has none. */
  #split(length: number): number {
    const { steps, exits, emitted } = this.#trie;
    const codes = this.#codes;
    const pieces = this.#pieces;
    let count = 0;
    let state = ROOT;
    // Goes on after the last letter, along the links, until nothing of the word is left.
    for (let letter = 0; letter < length || state !== SUFFIX_ROOT;) {
      if (letter < length) {
        const code = codes[letter];
        if (code === UNKNOWN_CODE) return NO_COUNT;
        const next = steps[2 * state] + code;
        if (steps[2 * next + 1] === state) {
          state = next;
          letter++;
          continue;
        }
      }
      const found = exits[2 * state + 1];
      if (found < 0) {
        const list = -1 - found;
        for (let nth = 1; nth <= emitted[list]; nth++) pieces[count++] = emitted[list + nth]!;
      } else if (found !== NO_PIECES) pieces[count++] = found;
      state = exits[2 * state]!;
      if (state === NO_LINK) return NO_COUNT;
    }
    return count;
  }
}
