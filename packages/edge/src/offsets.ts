/** Offsets in the units that a client counts in: JavaScript's UTF-16 units, or code points as Python does. */

export const offsetEncodings = ["utf-16", "utf-32"] as const;
export type OffsetEncoding = (typeof offsetEncodings)[number];

/**
 * A function from offsets in UTF-16 units of `text` to offsets in `encoding`. A surrogate without its other half
 * counts as one code point.
 *
 * @example
 * offsetsIn("utf-32", "👍 good")(3); // 2
 */
export function offsetsIn(encoding: OffsetEncoding, text: string): (offset: number) => number {
  if (encoding === "utf-16" || !/[\ud800-\udbff]/.test(text)) return (offset) => offset;
  const points = new Int32Array(text.length + 1); // code points before each unit
  for (let unit = 0, point = 0; unit < text.length; point++) {
    const end = unit + (text.codePointAt(unit)! > 0xffff ? 2 : 1);
    while (unit < end) points[++unit] = point + 1;
  }
  return (offset) => points[offset];
}
