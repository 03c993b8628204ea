/** Offsets in the units that a client counts in: JavaScript's UTF-16 units, or code points as Python does. */
import { codePointOffsets } from "@cloze/core";

export const offsetEncodings = ["utf-16", "utf-32"] as const;
export type OffsetEncoding = (typeof offsetEncodings)[number];

/**
 * A function from offsets in UTF-16 units of `text` to offsets in `encoding`.
 *
 * @example
 * offsetsIn("utf-32", "👍 good")(3); // 2
 */
export function offsetsIn(encoding: OffsetEncoding, text: string): (offset: number) => number {
  return encoding === "utf-16" ? (offset) => offset : codePointOffsets(text);
}
