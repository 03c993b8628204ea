/**
 * What each character is, and what it becomes, according to the Rust crate `tokenizers`: its tables are frozen here
 * because hosts (and the crate itself) follow different versions of Unicode, and one differing character is one
 * differing model input. Characters are code points. What is done with these facts is said in `normalize.ts`.
 */
import * as tables from "./unicode.generated.ts";

/** Ranges of code points, flat and ascending: first, end (exclusive), value, first, end, value … */
type Runs = Int32Array;

/**
 * Reads numbers that stand without separators: a lowest digit of `#` to `[` (base 57), after as many of `]` to `~`
 * (base 34) as it takes.
 */
function readNumbers(text: string): number[] {
  const numbers: number[] = [];
  let high = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 92) high = high * 34 + code - 93;
    else {
      numbers.push(high * 57 + code - 35);
      high = 0;
    }
  }
  return numbers;
}

/** Reads `gap length` pairs, or `gap length value` triples when the table maps to something. */
function readRuns(text: string, valued: boolean): Runs {
  const numbers = readNumbers(text);
  const step = valued ? 3 : 2;
  const runs = new Int32Array((numbers.length / step) * 3);
  for (let from = 0, to = 0, end = 0; from < numbers.length; from += step, to += 3) {
    runs[to] = end + numbers[from];
    runs[to + 1] = end = runs[to] + numbers[from + 1];
    runs[to + 2] = valued ? numbers[from + 2] : 1;
  }
  return runs;
}

/** Reads a set of points and, after a space, the targets of each: see tools/unicode-tables.py. */
export function readMap(text: string): Map<number, readonly number[]> {
  const map = new Map<number, readonly number[]>();
  const [points, targets] = text.split(" ");
  const runs = readRuns(points, false);
  const numbers = readNumbers(targets);
  let first = 0;
  for (let run = 0, at = 0; run < runs.length; run += 3) {
    for (let point = runs[run]; point < runs[run + 1]; point++) {
      const change = numbers[at] >> 1;
      first += change & 1 ? -(change + 1) / 2 : change / 2;
      const parts = [first];
      while (numbers[at++] & 1) parts.push(numbers[at] >> 1);
      map.set(point, parts);
    }
  }
  return map;
}

/** The value of the range that holds the point, 0 when none does. */
function find(runs: Runs, point: number): number {
  let low = 0;
  let high = runs.length / 3;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (point < runs[middle * 3]) high = middle;
    else if (point >= runs[middle * 3 + 1]) low = middle + 1;
    else return runs[middle * 3 + 2];
  }
  return 0;
}

/** Whether a point is in a set. */
export function membership(text: string): (point: number) => boolean {
  const runs = readRuns(text, false);
  return (point) => find(runs, point) !== 0;
}

/** What ends a word. */
export const isWhitespace = membership(tables.whitespace);
/** What is a word of its own: Unicode's punctuation and all of ASCII's, such as `$` and `+`. */
export const isPunctuation = membership(tables.punctuation);
/** What cleaning removes: controls, formats (zero-width space and joiner, soft hyphen), private use, U+FFFD. */
export const isRemoved = membership(tables.removed);
/** What cleaning turns into a plain space. */
export const isBlanked = membership(tables.blanked);
/** The ideographs that BERT puts spaces round. */
export const isChinese = membership(tables.chinese);
/** The marks that accent stripping removes. */
export const isNonspacing = membership(tables.nonspacing);
/** `\w`: what may not touch an added token that stands only as a single word. */
export const isWord = membership(tables.word);

const combining = readRuns(tables.combining, true);
const lowerShift = readRuns(tables.lowerShift, true);
const lowerLong = readMap(tables.lowerLong);
let decompositions: Map<number, readonly number[]> | undefined;

/** The canonical combining class, by which neighbouring marks are ordered; 0 for what starts a new sequence. */
export function combiningClass(point: number): number {
  return point < 0x300 ? 0 : find(combining, point);
}

/**
 * The canonical decomposition, without marks that accent stripping removes (but for a first one, which `normalize.ts`
 * counts); `undefined` when the character is its own.
 */
export function decompose(point: number): readonly number[] | undefined {
  if (point < 0xc0) return undefined;
  const syllable = point - 0xac00;
  if (syllable >= 0 && syllable < 11172) {
    const parts = [0x1100 + Math.floor(syllable / 588), 0x1161 + Math.floor((syllable % 588) / 28)];
    return syllable % 28 === 0 ? parts : [...parts, 0x11a7 + (syllable % 28)];
  }
  decompositions ??= readMap(tables.decomposition);
  return decompositions.get(point);
}

/** The lower-case form when it is longer than one character (İ becomes i and a dot above). */
export function lowerToSeveral(point: number): readonly number[] | undefined {
  return lowerLong.get(point);
}

/** The lower-case form of a character whose form is one character. */
export function lower(point: number): number {
  return (point + find(lowerShift, point)) & 0x1fffff;
}
