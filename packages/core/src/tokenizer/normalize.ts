/**
 * BERT's normalisation of a stretch of text, step by step as the reference does it, with the source of every
 * character it leaves. The tokenizer learns from it what single characters become, and takes this slower way itself
 * only where characters act on their neighbours: marks that are reordered, added tokens sought in normalised text.
 */
import {
  combiningClass,
  decompose,
  isBlanked,
  isChinese,
  isNonspacing,
  isRemoved,
  lower,
  lowerToSeveral,
} from "./unicode.ts";

/** What `BertNormalizer` can be told. */
export interface NormalizerSettings {
  /** Removes control characters and turns every kind of white space into a space. */
  readonly cleanText: boolean;
  /** Puts spaces round Chinese characters, so that each is a word. */
  readonly handleChineseChars: boolean;
  /** Decomposes characters and drops the accents. */
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

const SPACE = 0x20;
const COMPLEX = -1;
const REPLACEMENT = 0xfffd;

/** The code point at an index, a lone surrogate being U+FFFD as in any UTF-8 text. */
export function pointAt(text: string, index: number): number {
  const point = text.codePointAt(index)!;
  return (point & 0x1ff800) === 0xd800 ? REPLACEMENT : point;
}

/** Normalises text; reads and refills its own buffers, so a result lasts until the next call. */
export class Normalizer {
  readonly settings: NormalizerSettings;
  /** The code points left. */
  points = new Int32Array(64);
  /** Where each came from: `[start, end)` in UTF-16 units of the text. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  length = 0;

  /** What becomes of a character that does not mind its neighbours, plus 1; COMPLEX for others, 0 for unknown yet. */
  #simple = new Int32Array(0x10000);

  /** The sequence that waits for its canonical order: class × 2^32 + index, and what each character took. */
  #order = new Float64Array(64);
  #waiting = new Int32Array(64);
  #taken = new Uint8Array(64);
  /** Sources in the order of the text, after the last one that was dealt out before. */
  #sources = new Int32Array(2 + 128);
  #waits = 0;
  #sourced = 1;

  constructor(settings: NormalizerSettings) {
    this.settings = settings;
  }

  /** Normalises `text.slice(start, end)` and returns how many characters are left. */
  run(text: string, start: number, end: number): number {
    const { cleanText, handleChineseChars } = this.settings;
    this.length = 0;
    for (let at = start, next = at; at < end; at = next) {
      let point = pointAt(text, at);
      next = at + (point > 0xffff ? 2 : 1);
      const simple = point > 0xffff ? COMPLEX : this.#simple[point] || this.#learn(point);
      if (simple !== COMPLEX) {
        this.#flush();
        this.#push(simple - 1, at, next);
        continue;
      }
      if (cleanText) {
        if (isRemoved(point)) continue;
        if (isBlanked(point)) point = SPACE;
      }
      const spaced = handleChineseChars && isChinese(point);
      if (spaced) this.#decompose(SPACE, at, next);
      this.#decompose(point, at, next);
      if (spaced) this.#decompose(SPACE, at, next);
    }
    this.#flush();
    return this.length;
  }

  #learn(point: number): number {
    const { cleanText, handleChineseChars, stripAccents, lowercase } = this.settings;
    const kept = cleanText && isBlanked(point) ? SPACE : point;
    const moves = decompose(kept) !== undefined || combiningClass(kept) !== 0 || isNonspacing(kept);
    const complex =
      (cleanText && isRemoved(kept)) ||
      (handleChineseChars && isChinese(kept)) ||
      (stripAccents && moves) ||
      (lowercase && lowerToSeveral(kept) !== undefined);
    return (this.#simple[point] = complex ? COMPLEX : (lowercase ? lower(kept) : kept) + 1);
  }

  /** What is left, as a string. */
  text(): string {
    let text = "";
    for (let from = 0; from < this.length; from += 4096)
      text += String.fromCodePoint(...this.points.subarray(from, Math.min(from + 4096, this.length)));
    return text;
  }

  #decompose(point: number, start: number, end: number): void {
    if (!this.settings.stripAccents) return this.#lower(point, start, end);
    const parts = decompose(point);
    if (parts === undefined) this.#wait(point, 1, start, end);
    else
      for (let part = 0; part < parts.length; part++) this.#wait(parts[part], part === 0 ? 1 : 0, start, end);
  }

  /** `takes` is 1 for the first part of a character, which takes that character as its source. */
  #wait(point: number, takes: number, start: number, end: number): void {
    const order = combiningClass(point);
    if (order === 0) this.#flush();
    const at = this.#waits++;
    if (at === this.#waiting.length) {
      this.#waiting = grow(this.#waiting, Int32Array);
      this.#taken = grow(this.#taken, Uint8Array);
      this.#order = grow(this.#order, Float64Array);
      this.#sources = grow(this.#sources, Int32Array);
    }
    this.#waiting[at] = point;
    this.#taken[at] = takes;
    this.#order[at] = order * 2 ** 32 + at;
    if (takes === 0) return;
    this.#sources[2 * this.#sourced] = start;
    this.#sources[2 * this.#sourced + 1] = end;
    this.#sourced++;
  }

  /**
   * Orders the marks that wait. As in the reference, sources stay in the order of the text and are dealt out to the
   * characters in their new order: a mark that moved is said to come from where it moved to.
   */
  #flush(): void {
    const count = this.#waits;
    if (count === 0) return;
    if (count > 1) this.#order.subarray(0, count).sort();
    let source = 0;
    for (let rank = 0; rank < count; rank++) {
      const at = this.#order[rank] % 2 ** 32;
      if (this.#taken[at] === 1) source += 2;
      const point = this.#waiting[at];
      if (!isNonspacing(point)) this.#lower(point, this.#sources[source], this.#sources[source + 1]);
    }
    this.#sources.copyWithin(0, source, source + 2);
    this.#waits = 0;
    this.#sourced = 1;
  }

  #lower(point: number, start: number, end: number): void {
    if (!this.settings.lowercase) return this.#push(point, start, end);
    const several = lowerToSeveral(point);
    if (several === undefined) return this.#push(lower(point), start, end);
    for (const part of several) this.#push(part, start, end);
  }

  #push(point: number, start: number, end: number): void {
    if (this.length === this.points.length) {
      this.points = grow(this.points, Int32Array);
      this.starts = grow(this.starts, Int32Array);
      this.ends = grow(this.ends, Int32Array);
    }
    this.points[this.length] = point;
    this.starts[this.length] = start;
    this.ends[this.length++] = end;
  }
}

type Buffer = Int32Array | Uint8Array | Float64Array;

function grow<T extends Buffer>(full: T, type: new (length: number) => T): T {
  const larger = new type(full.length * 2);
  larger.set(full);
  return larger;
}

/** Finds the point at a place told in UTF-16 units, walking on or back from the place before. */
export function pointWalker(points: ArrayLike<number>): (unit: number) => number {
  let unit = 0;
  let point = 0;
  return (wanted) => {
    while (unit < wanted) unit += points[point++] > 0xffff ? 2 : 1;
    while (unit > wanted) unit -= points[--point] > 0xffff ? 2 : 1;
    return point;
  };
}
