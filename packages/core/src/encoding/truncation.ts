/**
 * How many tokens of each text stay when they do not fit, and from which end the others go. The tokens kept are
 * exactly those that Hugging Face's `tokenizers` keeps; special tokens are never among what is cut.
 */
import { ClozeError } from "../errors.ts";

/** Which text is cut: the longer one, token by token, or one of the two alone. */
export type Truncation = "longest-first" | "only-first" | "only-second";

/** The end at which tokens are cut off. */
export type Direction = "right" | "left";

/**
 * Longest-first: while the two are too long together, the longer one loses its last token. The odd token stays
 * with the longer text, with the second where they are equal: Hugging Face's tokenizers do so
 * (google-research/bert's `_truncate_seq_pair` always favours the first).
 *
 * @param room Tokens for both texts together, special tokens not counted.
 * @returns How many tokens of each stay.
 *
 * @example
 * longestFirst(10, 4, 9); // [5, 4]
 */
export function longestFirst(a: number, b: number, room: number): [a: number, b: number] {
  const first = keptOfFirst(a, b, room, "longest-first");
  return [first, Math.min(b, room - first)];
}

/**
 * How many of the first text's `a` tokens stay beside `b` of the second. Of the second then stay all, or what the
 * first leaves of the room.
 *
 * @throws ClozeError `invalid-option` when one text alone is to be cut, and nothing of it would be left.
 */
export function keptOfFirst(a: number, b: number, room: number, truncation: Truncation): number {
  if (a + b <= room) return a;
  if (truncation === "longest-first") {
    const shorter = Math.min(a, b, Math.floor(room / 2));
    return a > b ? room - shorter : shorter;
  }
  const first = truncation === "only-first";
  const other = first ? b : a;
  if (room <= other)
    throw new ClozeError(
      "invalid-option",
      `The ${first ? "second" : "first"} text takes ${other} of ${room} places and is not to be cut: allow more tokens, or cut longest-first.`,
      { field: "maxLength" },
    );
  return first ? room - b : a;
}
