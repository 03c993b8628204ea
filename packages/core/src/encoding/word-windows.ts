/**
 * Windows that split no word: for tasks that say something of every word of a long text.
 */
import { expectStep, maxContext } from "./windows.ts";
import type { Window } from "./windows.ts";

/**
 * Cuts tokens into windows at the borders of words. A window shares at least `overlap` tokens with the next, and more
 * where a word stands in the way, but none where that would take in its first word. Only a word that is longer than a
 * window is split.
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

/**
 * For each token, the window that speaks for it: the one in which its word has the most context. A word that is longer
 * than a window is spoken for piece by piece.
 */
export function wordOwners(words: Int32Array, list: readonly Window[]): Int32Array {
  const owner = maxContext(words[words.length - 1], list);
  for (let w = 0; w < words.length - 1; w++) {
    const { first, count } = list[owner[words[w]]] ?? { first: 0, count: 0 };
    if (first + count >= words[w + 1]) owner.fill(owner[words[w]], words[w], words[w + 1]);
  }
  return owner;
}

/** Where each word begins, and the number of tokens. */
export function wordBorders(wordIds: Int32Array): Int32Array {
  const borders: number[] = [];
  for (let i = 0; i < wordIds.length; i++) if (i === 0 || wordIds[i] !== wordIds[i - 1]) borders.push(i);
  return Int32Array.from([...borders, wordIds.length]);
}
