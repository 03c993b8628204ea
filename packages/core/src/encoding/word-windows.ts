/**
 * Windows that split no word: for tasks that say something of every word of a long text.
 */
import { expectStep } from "./windows.ts";
import type { Window } from "./windows.ts";

/**
 * Cuts tokens into windows at the borders of words. A window shares at least `overlap` tokens with the next, and more
 * where a word stands in the way. Only a word that is longer than a window is split.
 *
 * @param words Where each word begins, in tokens, and at the end the number of tokens.
 * @param room How many tokens fit in one window.
 * @throws ClozeError `invalid-option` when the overlap leaves no step.
 *
 * @example
 * wordWindows(Int32Array.of(0, 1, 3, 4, 6), 4, 1); // [{ first: 0, count: 4 }, { first: 3, count: 3 }]
 */
export function wordWindows(words: Int32Array, room: number, overlap: number): Window[] {
  expectStep(room, overlap);
  const length = words[words.length - 1];
  const result: Window[] = [];
  for (let first = 0; ;) {
    const full = Math.min(first + room, length);
    const border = lastAtMost(words, full);
    const end = border > first ? border : full;
    result.push({ first, count: end - first });
    if (end === length) return result;
    const back = lastAtMost(words, end - overlap);
    first = back > first ? back : end;
  }
}

/** The last border that is not above `limit`. */
function lastAtMost(words: Int32Array, limit: number): number {
  let low = 0;
  let high = words.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (words[middle] <= limit) low = middle;
    else high = middle - 1;
  }
  return words[low];
}
