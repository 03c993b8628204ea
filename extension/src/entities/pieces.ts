/**
 * Pieces of a text for the model: paragraphs, and of long ones parts that split no word. And sets of places that are
 * still to be read, as spans in order that do not touch.
 */
import { wholeCharacter } from "../text/sentences.ts";
import type { Span } from "../text/sentences.ts";

/** Units of a piece at most: the model reads some hundred words at once, and an edit has its whole piece read again. */
const LONGEST = 2000;

const BLANK_LINE = /\n[^\S\n]*\n/;
const THROUGH_LAST_BLANK_LINE = /^[^]*\n[^\S\n]*\n/;

/**
 * Cuts a part of a text to pieces, one behind the other without a gap.
 *
 * @example
 * [...pieces("One.\n\nTwo.", { start: 0, end: 10 })]; // [{ start: 0, end: 6 }, { start: 6, end: 10 }]
 */
export function* pieces(text: string, { start, end }: Span): Generator<Span> {
  while (start < end) {
    const length = pieceLength(text.slice(start, Math.min(end, start + LONGEST)), start + LONGEST >= end);
    yield { start, end: start + length };
    start += length;
  }
}

function pieceLength(ahead: string, isLast: boolean): number {
  const front = ahead.search(/\S/); // blank lines in front belong to what follows
  const blank = front < 0 ? null : BLANK_LINE.exec(ahead.slice(front));
  if (blank) return front + blank.index + blank[0].length;
  if (isLast) return ahead.length;
  for (const border of [/.*(?:[.!?]\s+|[。！？]\s*)/s, /.*\n/s, /.*\s/s]) {
    const found = border.exec(ahead)?.[0].length ?? 0;
    if (found > LONGEST / 2) return found;
  }
  return isHighSurrogate(ahead, LONGEST - 1) ? LONGEST - 1 : LONGEST;
}

/**
 * Widens a part of a text to whole paragraphs, where they are not too long.
 *
 * @example
 * around("One.\n\nTwo.", { start: 7, end: 8 }); // { start: 6, end: 10 }
 */
export function around(text: string, { start, end }: Span): Span {
  const from = wholeCharacter(text, Math.max(0, start - LONGEST));
  const before = text.slice(from, start);
  const blank = THROUGH_LAST_BLANK_LINE.exec(before)?.[0].length;
  const behind = text.slice(end, wholeCharacter(text, end + LONGEST));
  const next = behind.search(BLANK_LINE);
  const first = from === 0 ? 0 : before.search(/\s/) + 1; // no word is split, where there are words
  const last = end + LONGEST >= text.length ? behind.length : behind.search(/\s\S*$/);
  return {
    start: from + (blank ?? first),
    end: end + (next >= 0 ? next : last < 0 ? behind.length : last),
  };
}

/** The same places in order, without what is twice. */
export function merged(spans: readonly Span[]): Span[] {
  const all: { start: number; end: number }[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = all.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else if (start < end) all.push({ start, end });
  }
  return all;
}

/** The places without a part of them. */
export function without(spans: readonly Span[], part: Span): Span[] {
  return spans.flatMap(({ start, end }) =>
    [
      { start, end: Math.min(end, part.start) },
      { start: Math.max(start, part.end), end },
    ].filter((left) => left.start < left.end),
  );
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00;
}
