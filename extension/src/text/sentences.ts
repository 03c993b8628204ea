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

/** The sentence that a place is in, or the next to it in its paragraph; `undefined` where there is none. */
export function sentenceAt(text: string, offset: number): Span | undefined {
  const paragraph = paragraphs(text).find(({ end }) => offset <= end);
  if (!paragraph || offset < paragraph.start) return undefined;
  const all = sentencesOf(text, paragraph);
  return all.find(({ end }) => offset <= end) ?? all.at(-1);
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
