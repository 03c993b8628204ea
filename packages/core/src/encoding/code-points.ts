/** Offsets in code points, as Python and UTF-32 count, from offsets in JavaScript's UTF-16 units. */

/**
 * A function from offsets in UTF-16 units of `text` to offsets in code points. A surrogate without its other half
 * counts as one; an offset inside a pair is the next code point's.
 *
 * @example
 * codePointOffsets("👍 good")(3); // 2
 */
export function codePointOffsets(text: string): (offset: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (offset) => offset;
  const points = new Int32Array(text.length + 1); // code points before each unit
  for (let unit = 0, point = 0; unit < text.length; point++) {
    const end = unit + (text.codePointAt(unit)! > 0xffff ? 2 : 1);
    while (unit < end) points[++unit] = point + 1;
  }
  return (offset) => points[offset];
}
