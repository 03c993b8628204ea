/**
 * Sentences of a text, as [start, end) in UTF-16 units. A line's end alone ends no sentence, since prose is wrapped; an
 * empty line does, and so do the marks that begin headings, lists and quotes.
 */

/** A part of a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
/** How far a sentence is looked for on either side of a place: further than any model reads. */
const REACH = 5000;
const BREAK = /\r?\n[^\S\r\n]*(?=\r?\n|$|[#>*+-]|\d+[.)] )/g;

/**
 * All sentences, in order, without the space around them.
 *
 * @example
 * sentences("It rained. We\nstayed."); // [{ start: 0, end: 10 }, { start: 11, end: 21 }]
 */
export function sentences(text: string): Span[] {
  return paragraphs(text).flatMap((paragraph) => sentencesOf(text, paragraph));
}

/**
 * The sentence that a place is in, or the next to it in its paragraph; `undefined` where there is none. However long the
 * text, only what is near is looked at.
 */
export function sentenceAt(text: string, offset: number): Span | undefined {
  const from = wholeCharacter(text, Math.max(0, offset - REACH));
  const near = text.slice(from, wholeCharacter(text, offset + REACH));
  const place = offset - from;
  const paragraph = paragraphs(near).find(({ end }) => place <= end);
  const all = paragraph ? sentencesOf(near, paragraph) : [];
  const found = all.find(({ end }) => place <= end) ?? all.at(-1);
  return found && { start: from + found.start, end: from + found.end };
}

/** The same place, unless it is in the middle of a character. */
export function wholeCharacter(text: string, offset: number): number {
  return /[\uDC00-\uDFFF]/.test(text.charAt(offset)) ? offset + 1 : offset;
}

/** The front of a text, where it is longer than so many units; the last character is whole. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, wholeCharacter(text, length))}…` : text;
}

function paragraphs(text: string): Span[] {
  const ends = [...text.matchAll(BREAK)].map(({ index }) => index);
  const starts = [0, ...ends];
  return starts.map((start, i) => ({ start, end: ends[i] ?? text.length }));
}

function sentencesOf(text: string, { start, end }: Span): Span[] {
  const flat = text.slice(start, end).replace(/[\r\n]/g, " "); // as long as it was
  const found: Span[] = [];
  for (const { segment, index } of segmenter.segment(flat)) {
    const trimmed = segment.trim();
    if (trimmed === "") continue;
    const from = start + index + segment.indexOf(trimmed);
    found.push({ start: from, end: from + trimmed.length });
  }
  return found;
}
