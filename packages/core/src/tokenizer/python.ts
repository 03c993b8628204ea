/**
 * Reads text as google-research/bert's tokenization.py does (`BasicTokenizer`, then `WordpieceTokenizer`), for models
 * and results made with it. Against Hugging Face's Rust tokenizers it
 *
 * - knows no special tokens in a text: `[MASK]` is `[`, `mask`, `]`;
 * - takes words of up to 200 characters, not 100;
 * - lower-cases whole words before it strips accents, so that a capital sigma at a word's end becomes ς;
 * - keeps private-use characters, and the one range of Chinese that Rust's table has mistyped (U+2B820 to U+2B91F) it
 *   takes for Chinese;
 * - follows the Unicode of one Python for categories, marks and case: here Python 3.11's, 14.0.0. Another Python
 *   answers otherwise for the characters that Unicode added or changed in between.
 *
 * Ids are those of tokenization.py for every text. Offsets, which it has none of, are the source of each character.
 */
import { python as tables } from "./python-tables.ts";
import type { Compat, Reader, ResolvedSettings } from "./settings.ts";
import { type Trie, UNKNOWN_CODE } from "./trie.ts";
import { Word } from "./word.ts";

/**
 * The setting that makes a tokenizer read as google-research/bert's does.
 *
 * @example
 * import { python } from "@cloze/core/tokenizer/python";
 * new Tokenizer(vocabulary, { compat: python }).count("[MASK]"); // 3
 */
export const python: Compat = {
  name: "python",
  maxWordLength: 200,
  reader: (trie, unknown, settings) => new PythonReader(trie, unknown, settings),
};

const CAPITAL_SIGMA = 0x3a3;
const FINAL_SIGMA = 0x3c2;

/** A stretch between white space, and what it becomes. Code points with their `[start, end)` in UTF-16 units. */
class Stretch {
  length = 0;
  points: number[] = [];
  starts: number[] = [];
  ends: number[] = [];

  push(point: number, start: number, end: number): void {
    const at = this.length++;
    this.points[at] = point;
    this.starts[at] = start;
    this.ends[at] = end;
  }
}

class PythonReader implements Reader {
  readonly #settings: ResolvedSettings;
  readonly #trie: Trie;
  readonly #word: Word;
  readonly #given = new Stretch();
  readonly #lowered = new Stretch();
  readonly #stripped = new Stretch();
  /** Marks that wait for their canonical order: their places in what was lowered, and their classes. */
  readonly #marks: { at: number; point: number; order: number }[] = [];

  constructor(trie: Trie, unknown: number, settings: ResolvedSettings) {
    this.#settings = settings;
    this.#trie = trie;
    this.#word = new Word(trie, unknown, settings.maxWordLength);
  }

  run(
    text: string,
    start: number,
    end: number,
    ids: Int32Array,
    offsets: Int32Array | undefined,
    at: number,
  ): number {
    const { cleanText, handleChineseChars } = this.#settings;
    this.#word.begin(ids, offsets, at);
    for (let i = start; i < end;) {
      const point = text.codePointAt(i)!;
      const next = i + (point > 0xffff ? 2 : 1);
      if (!cleanText || !tables.isRemoved(point)) {
        const alone = handleChineseChars && tables.isChinese(point);
        const blank = tables.isWhitespace(point);
        if (alone || blank) this.#endStretch();
        if (!blank) this.#given.push(point, i, next);
        if (alone) this.#endStretch();
      }
      i = next;
    }
    this.#endStretch();
    return this.#word.at;
  }

  #endStretch(): void {
    if (this.#given.length === 0) return;
    const { lowercase, stripAccents } = this.#settings;
    const lowered = lowercase ? this.#lower(this.#given) : this.#given;
    const { length, points, starts, ends } = stripAccents ? this.#strip(lowered) : lowered;
    for (let at = 0; at < length; at++) {
      const alone = tables.isPunctuation(points[at]);
      if (alone) this.#word.end();
      this.#word.takeLetter(this.#codeOf(points[at]), starts[at], ends[at]);
      if (alone) this.#word.end();
    }
    this.#word.end();
    this.#given.length = 0;
  }

  #codeOf(point: number): number {
    const { codes, astralCodes } = this.#trie;
    return point < 0x10000 ? codes[point] : (astralCodes.get(point) ?? UNKNOWN_CODE);
  }

  /** `str.lower()`. */
  #lower(given: Stretch): Stretch {
    const lowered = this.#lowered;
    lowered.length = 0;
    for (let at = 0; at < given.length; at++) {
      const point = given.points[at];
      const becomes = point === CAPITAL_SIGMA && isFinal(given, at) ? [FINAL_SIGMA] : tables.lower(point);
      for (const part of becomes) lowered.push(part, given.starts[at], given.ends[at]);
    }
    return lowered;
  }

  /** `unicodedata.normalize("NFD", …)` without what is of category Mn. */
  #strip(lowered: Stretch): Stretch {
    this.#stripped.length = 0;
    for (let at = 0; at < lowered.length; at++) {
      for (const point of tables.decompose(lowered.points[at])) {
        const order = tables.combiningClass(point);
        if (order === 0) this.#flush(lowered);
        if (!tables.isNonspacing(point)) this.#marks.push({ at, point, order });
      }
    }
    this.#flush(lowered);
    return this.#stripped;
  }

  #flush({ starts, ends }: Stretch): void {
    if (this.#marks.length > 1) this.#marks.sort((one, other) => one.order - other.order);
    for (const { at, point } of this.#marks) this.#stripped.push(point, starts[at], ends[at]);
    this.#marks.length = 0;
  }
}

/** Whether a sigma ends its word: a cased letter before it and none after, apostrophes and marks looked past. */
function isFinal({ points, length }: Stretch, sigma: number): boolean {
  let at = sigma - 1;
  while (at >= 0 && tables.isIgnorable(points[at])) at--;
  if (at < 0 || !tables.isCased(points[at])) return false;
  at = sigma + 1;
  while (at < length && tables.isIgnorable(points[at])) at++;
  return at === length || !tables.isCased(points[at]);
}
