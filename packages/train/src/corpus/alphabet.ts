/**
 * The alphabet, and words spelled in it: each character a piece by its id, the first of a word without `##`, the
 * others with it.
 */
import { ClozeError } from "@cloze/core";
import type { WordCounts } from "./word-table.ts";

/** Words as pieces, one after the other. */
export interface SpelledWords {
  /** Ids of pieces. */
  readonly symbols: Int32Array;
  /** Where each word starts in `symbols`, and at last where the last one ends. */
  readonly starts: Int32Array;
  /** How often each word occurs. */
  readonly counts: Float64Array;
}

/**
 * Takes the `limit` most frequent characters for the alphabet, of equals the lower code points, and spells the words
 * that it suffices for. Ids are asked for in order of code points: all of the alphabet, then the characters that
 * continue words.
 *
 * @throws {ClozeError} `invalid-input` for no words, and for a count that is not a positive whole number.
 */
export function spellWords(words: WordCounts, limit: number, idOf: (piece: string) => number): SpelledWords {
  const { points, starts, counts } = readPoints(words);
  const alphabet = chooseAlphabet(points, starts, counts, limit);
  const initial = new Map(alphabet.map((point) => [point, idOf(String.fromCodePoint(point))]));
  const known = (word: number): boolean => {
    for (let at = starts[word]; at < starts[word + 1]; at++) if (!initial.has(points[at])) return false;
    return true;
  };

  // Words that stay move to the front, and the others are forgotten.
  const continuing = new Set<number>();
  let kept = 0;
  let end = 0;
  for (let word = 0; word < counts.length; word++) {
    const [from, to] = [starts[word], starts[word + 1]];
    if (!known(word)) continue;
    starts[kept] = end;
    counts[kept++] = counts[word]!;
    points[end++] = points[from]!;
    for (let at = from + 1; at < to; at++) continuing.add((points[end++] = points[at]!));
  }
  starts[kept] = end;

  const inside = new Map(
    [...continuing].sort(ascending).map((point) => [point, idOf(`##${String.fromCodePoint(point)}`)]),
  );
  const symbols = points.subarray(0, end);
  for (let word = 0; word < kept; word++) {
    symbols[starts[word]] = initial.get(symbols[starts[word]])!;
    for (let at = starts[word] + 1; at < starts[word + 1]; at++) symbols[at] = inside.get(symbols[at])!;
  }
  return { symbols, starts: starts.subarray(0, kept + 1), counts: counts.subarray(0, kept) };
}

/** Words as code points, one after the other. */
function readPoints(words: WordCounts): { points: Int32Array; starts: Int32Array; counts: Float64Array } {
  let points = new Int32Array(1 << 12);
  const starts = [0];
  const counts: number[] = [];
  let end = 0;
  for (const [word, count] of words) {
    if (!Number.isSafeInteger(count) || count < 1)
      throw new ClozeError(
        "invalid-input",
        `The word "${word}" has the count ${count}: give a positive whole number.`,
      );
    if (end + word.length > points.length) {
      const larger = new Int32Array(2 * (end + word.length));
      larger.set(points);
      points = larger;
    }
    for (const character of word) points[end++] = character.codePointAt(0)!;
    starts.push(end);
    counts.push(count);
  }
  if (counts.length === 0)
    throw new ClozeError("invalid-input", "There are no words to learn from: give texts with words in them.");
  return { points, starts: Int32Array.from(starts), counts: Float64Array.from(counts) };
}

function chooseAlphabet(
  points: Int32Array,
  starts: Int32Array,
  counts: Float64Array,
  limit: number,
): number[] {
  const occurrences = new Map<number, number>();
  for (let word = 0; word < counts.length; word++)
    for (let at = starts[word]; at < starts[word + 1]; at++)
      occurrences.set(points[at], (occurrences.get(points[at]) ?? 0) + counts[word]);
  return [...occurrences]
    .sort(([one, often], [other, oftenToo]) => oftenToo - often || one - other)
    .slice(0, limit)
    .map(([point]) => point)
    .sort(ascending);
}

function ascending(one: number, other: number): number {
  return one - other;
}
