/**
 * Where a part of a text stands after the text was changed. What is written right before or behind it leaves it whole
 * (`follow.ts` is for texts that this would make others).
 */
import type { Change } from "./follow.ts";
import type { Span } from "./sentences.ts";

export type { Change };

/**
 * Moves a part of a text along with changes, in the order in which they were reported.
 *
 * @returns `undefined` where its own text was changed.
 * @example
 * moved({ start: 10, end: 14 }, [{ rangeOffset: 0, rangeLength: 2, text: "three" }]); // { start: 13, end: 17 }
 */
export function moved(span: Span, changes: readonly Change[]): Span | undefined {
  let { start, end } = span;
  for (const { rangeOffset, rangeLength, text } of changes) {
    if (rangeOffset >= end) continue;
    if (rangeOffset + rangeLength > start) return undefined;
    const by = text.length - rangeLength;
    start += by;
    end += by;
  }
  return { start, end };
}
