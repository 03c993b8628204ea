/** The words of a text, to be masked one by one; which of them are is a list of their places, "3,5". */

const MASK = "[MASK]";

/** A word, or a mask that was written as one: `[start, end)` of the text. */
export interface Word {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Whether it says [MASK] already. */
  readonly written: boolean;
}

export function splitWords(text: string): Word[] {
  return [...text.matchAll(/\[MASK\]|[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    text: match[0],
    written: match[0] === MASK,
  }));
}

/** Those of the words that are masks, in order. */
export function maskedWords(text: string, places: string): Word[] {
  const chosen = readPlaces(places);
  return splitWords(text).filter((word, i) => word.written || chosen.has(i));
}

/** The text with [MASK] in place of the chosen words. */
export function maskText(text: string, places: string): string {
  return replaceWords(
    text,
    maskedWords(text, places).map((word) => ({ ...word, text: MASK })),
  );
}

/** A text with other words at some places. */
function replaceWords(text: string, words: readonly Omit<Word, "written">[]): string {
  let at = 0;
  let replaced = "";
  for (const { start, end, text: word } of words) {
    replaced += text.slice(at, start) + word;
    at = end;
  }
  return replaced + text.slice(at);
}

export function readPlaces(places: string): Set<number> {
  return new Set(places === "" ? [] : places.split(",").map(Number));
}

/** The places of those words that still stand where they stood, when a text was edited. */
export function keepPlaces(places: string, before: readonly Word[], after: readonly Word[]): string {
  return [...readPlaces(places)].filter((i) => before[i]?.text === after[i]?.text && after[i]).join(",");
}
