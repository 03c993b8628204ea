/**
 * What a command reads of a document: the selections, each line of a long one, or the sentence at the cursor. Spans are
 * in UTF-16 units of the text, without the space round them; what is blank is left out.
 */
import { sentenceAt } from "./sentences.ts";
import type { Span } from "./sentences.ts";

/** When a selection of several lines is read line by line; `auto`: when it has more than three. */
export type ByLine = "auto" | "always" | "never";

/** What was taken, in the order of the text. */
export interface Taken {
  readonly what: "selections" | "lines" | "sentences";
  readonly spans: readonly Span[];
}

const FEW_LINES = 3;

/**
 * @param selections As the editor has them; empty ones are cursors, and count where there is nothing else.
 * @example
 * takeSpans("Good. Bad.", [{ start: 7, end: 7 }], "auto"); // { what: "sentences", spans: [{ start: 6, end: 10 }] }
 */
export function takeSpans(text: string, selections: readonly Span[], byLine: ByLine): Taken {
  const selected = selections.filter(({ start, end }) => text.slice(start, end).trim() !== "");
  if (selected.length === 0) {
    const found = selections.map(({ start }) => sentenceAt(text, start)).filter((span) => span !== undefined);
    return { what: "sentences", spans: inOrder(found) };
  }
  let what: Taken["what"] = "selections";
  const spans = selected.flatMap((selection) => {
    const lines = byLine === "never" ? [] : linesOf(text, selection);
    if (lines.length < 2 || (byLine === "auto" && lines.length <= FEW_LINES)) return [trim(text, selection)];
    what = "lines";
    return lines;
  });
  return { what, spans: inOrder(spans) };
}

function linesOf(text: string, { start, end }: Span): Span[] {
  const lines: Span[] = [];
  for (const { 0: line, index } of text.slice(start, end).matchAll(/[^\r\n]+/g)) {
    if (line.trim() === "") continue;
    const from = start + index;
    lines.push(trim(text, { start: from, end: from + line.length }));
  }
  return lines;
}

function trim(text: string, { start, end }: Span): Span {
  const all = text.slice(start, end);
  return { start: end - all.trimStart().length, end: start + all.trimEnd().length };
}

/** From first to last, each once. */
function inOrder(spans: readonly Span[]): Span[] {
  const sorted = [...spans].sort((a, b) => a.start - b.start || a.end - b.end);
  return sorted.filter(({ start, end }, i) => start !== sorted[i - 1]?.start || end !== sorted[i - 1]?.end);
}
