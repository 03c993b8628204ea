/**
 * Where a part of a text stands after the text was changed. There are three kinds of parts, and a rule for each: what was
 * found in the text, what was said of a text, and what is still to be read.
 */
import type { Span } from "./sentences.ts";

/** A change, as `TextDocumentContentChangeEvent` has it: other line ends are a change of the whole text. */
export interface Change {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
  readonly range?: { readonly start: { readonly character: number } };
}

/**
 * What was found in a text, such as a name: it moves along with changes, in the order in which they were reported. What
 * is written right before or behind it leaves it whole.
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

/**
 * A text of which something was said, such as a label: it moves along, too. But what is written right before or behind
 * it, with no line's end between, makes another text of it.
 *
 * @returns `undefined` where what was said is so no more.
 * @example
 * movedAlone({ start: 0, end: 4 }, [{ rangeOffset: 4, rangeLength: 0, text: " not" }]); // undefined
 */
export function movedAlone(span: Span, changes: readonly Change[]): Span | undefined {
  let now: Span | undefined = span;
  for (const change of changes) {
    if (!now || joins(now, change)) return undefined;
    now = moved(now, [change]);
  }
  return now;
}

function joins({ start, end }: Span, { rangeOffset, rangeLength, text, range }: Change): boolean {
  const startsLine = text === "" ? range?.start.character === 0 : /[\r\n]$/.test(text);
  const before = rangeOffset + rangeLength === start && !startsLine;
  const behind = rangeOffset === end && !/^[\r\n]/.test(text);
  return before || behind;
}

/** What is still to be read: it moves along, and grows by what was written in the place of what a change reached. */
export function stretched({ start, end }: Span, { rangeOffset, rangeLength, text }: Change): Span {
  const by = text.length - rangeLength;
  const changed = rangeOffset + rangeLength;
  if (end < rangeOffset) return { start, end };
  if (start > changed) return { start: start + by, end: end + by };
  return { start: Math.min(start, rangeOffset), end: Math.max(end, changed) + by };
}
