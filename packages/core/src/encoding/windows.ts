/**
 * Windows over a text that is longer than the model: each shares `overlap` tokens with the next.
 *
 * This is google-research/bert's sliding window (`convert_examples_to_features` in run_squad.py), with the option
 * named for what people think of: its `doc_stride` is the step, here it is `room - overlap`.
 */
import { ClozeError } from "../errors.ts";
import type { Direction } from "./truncation.ts";

/** A run of tokens of the long text: `count` of them from `first` on. */
export interface Window {
  readonly first: number;
  readonly count: number;
}

/**
 * Cuts `length` tokens into windows.
 *
 * @param room How many tokens fit in one window.
 * @param overlap How many of them the next window repeats.
 * @param direction Where they are laid from: with "right" the first begins at token 0 and the last may be short, with
 * "left" the last ends at the last token and the first may be short. Hugging Face lists the latter from the last on;
 * here windows always come in the order of the text.
 * @returns At least one; the one of no tokens is empty.
 * @throws ClozeError `invalid-option` when the overlap leaves no step, or nothing fits.
 *
 * @example
 * windows(9, 6, 2); // [{ first: 0, count: 6 }, { first: 4, count: 5 }]
 * windows(9, 6, 2, "left"); // [{ first: 0, count: 5 }, { first: 3, count: 6 }]
 */
export function windows(
  length: number,
  room: number,
  overlap: number,
  direction: Direction = "right",
): Window[] {
  expectStep(room, overlap);
  const result: Window[] = [];
  for (let first = 0; ; first += room - overlap) {
    const count = Math.min(room, length - first);
    result.push({ first: direction === "left" ? length - first - count : first, count });
    if (first + count >= length) return direction === "left" ? result.reverse() : result;
  }
}

/** Refuses windows that hold nothing, or an overlap with which they do not get on. */
export function expectStep(room: number, overlap: number): void {
  if (!(room >= 1))
    throw new ClozeError(
      "invalid-option",
      `No token of the text fits: ${Math.max(0, room)} places are left, so allow more tokens.`,
      { field: "maxLength" },
    );
  if (!Number.isInteger(overlap) || overlap < 0 || overlap >= room)
    throw new ClozeError(
      "invalid-option",
      `An overlap of ${overlap} leaves no step: choose 0 to ${room - 1}, since ${room} tokens fit in a window.`,
      { field: "overlap" },
    );
}

/** The overlap where none is asked for: what is usual, and no more than half of a window. */
export function usualOverlap(room: number, usual = 128): number {
  return Math.max(0, Math.min(usual, room >> 1));
}

/**
 * For each token, the window in which it has the most context on its lesser side: the one whose prediction counts
 * (`_check_is_max_context` in run_squad.py; of equal ones the first, longer windows a little ahead).
 *
 * @returns One window number a token.
 * @example
 * maxContext(9, windows(9, 6, 2)); // 0, 0, 0, 0, 0, 1, 1, 1, 1
 */
export function maxContext(length: number, list: readonly Window[]): Int32Array {
  const owner = new Int32Array(length);
  const best = new Float64Array(length).fill(-Infinity);
  for (const [w, { first, count }] of list.entries()) {
    for (let i = 0; i < count; i++) {
      const score = Math.min(i, count - 1 - i) + 0.01 * count;
      if (score > best[first + i]) {
        best[first + i] = score;
        owner[first + i] = w;
      }
    }
  }
  return owner;
}
