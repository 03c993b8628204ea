/**
 * Where a part of a text is after an edit. Edits elsewhere move it; one that touches it ends it, since what was said of
 * it was said of other words.
 */
import type { Span } from "./sentences.ts";

/** An edit, as `TextDocumentContentChangeEvent` has it. */
export interface Change {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/**
 * The part after one edit, or `undefined` where it was edited itself: also where text was written right before or after
 * it, unless a line's end is between them.
 *
 * @example
 * follow({ start: 10, end: 20 }, { rangeOffset: 0, rangeLength: 2, text: "" }); // { start: 8, end: 18 }
 */
export function follow({ start, end }: Span, { rangeOffset, rangeLength, text }: Change): Span | undefined {
  const changeEnd = rangeOffset + rangeLength;
  if (rangeOffset > end || (rangeOffset === end && /^[\r\n]/.test(text))) return { start, end };
  const before = changeEnd < start || (changeEnd === start && /[\r\n]$/.test(text));
  if (!before) return undefined;
  const shift = text.length - rangeLength;
  return { start: start + shift, end: end + shift };
}
