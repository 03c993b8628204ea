/**
 * How many tokens of each text stay when both do not fit.
 */

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
  if (a + b <= room) return [a, b];
  const shorter = Math.min(a, b, Math.floor(room / 2));
  return a > b ? [room - shorter, shorter] : [shorter, room - shorter];
}
