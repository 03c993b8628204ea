/**
 * What each character is, and what it becomes, according to the Rust crate `tokenizers`: its tables are frozen here
 * because hosts (and the crate itself) follow different versions of Unicode, and one differing character is one
 * differing model input. Characters are code points. What is done with these facts is said in `normalize.ts`.
 */
import * as tables from "./unicode.generated.ts";

/** Ranges of code points, flat and ascending: first, end (exclusive), value, first, end, value … */
type Runs = Int32Array;

const RADIX = 36;

/** Reads `gap length` pairs, or `gap length value` triples when the table maps to something. */
function readRuns(text: string, valued: boolean): Runs {
  const numbers = text.split(" ");
  const step = valued ? 3 : 2;
  const runs = new Int32Array((numbers.length / step) * 3);
  for (let from = 0, to = 0, end = 0; from < numbers.length; from += step, to += 3) {
    runs[to] = end + parseInt(numbers[from]!, RADIX);
    runs[to + 1] = end = runs[to]! + parseInt(numbers[from + 1]!, RADIX);
    runs[to + 2] = valued ? parseInt(numbers[from + 2]!, RADIX) : 1;
  }
  return runs;
}

/** Reads entries `gap target target …`. */
function readMap(text: string): Map<number, readonly number[]> {
  const map = new Map<number, readonly number[]>();
  let point = 0;
  for (const entry of text.split(",")) {
    const [gap, ...targets] = entry.split(" ").map((number) => parseInt(number, RADIX));
    map.set((point += gap!), targets);
    point++;
  }
  return map;
}

/** The value of the range that holds the point, 0 when none does. */
function find(runs: Runs, point: number): number {
  let low = 0;
  let high = runs.length / 3;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (point < runs[middle * 3]!) high = middle;
    else if (point >= runs[middle * 3 + 1]!) low = middle + 1;
    else return runs[middle * 3 + 2]!;
  }
  return 0;
}

function membership(text: string): (point: number) => boolean {
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

/** The full canonical decomposition; `undefined` when the character is its own. */
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
