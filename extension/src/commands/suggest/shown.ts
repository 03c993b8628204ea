/**
 * How a suggestion is shown: in a row, and read in its sentence.
 */
import { wholeCharacter } from "../../text/sentences.ts";
import type { Span } from "../../text/sentences.ts";

/** The longest text of a row, and what is shown on either side of the blanks, in UTF-16 units. */
const ROW = 40;
const ROUND = 36;
/** Before an empty line, a heading, a list's item, a quote. */
const BREAK = /\r?\n[^\S\r\n]*(?=\r?\n|[#>*+-]|\d+[.)] )/;

/**
 * A row's text: the filled stretch from the first blank to the last, with what they continue; of one that is long only
 * the words.
 *
 * @example
 * rowLabel("She is read[MASK] it.", [{ start: 11, end: 17 }], ["ing"]); // "reading"
 */
export function rowLabel(text: string, blanks: readonly Span[], words: readonly string[]): string {
  const [before] = /[\p{L}\p{N}]*$/u.exec(text.slice(Math.max(0, blanks[0].start - ROW), blanks[0].start))!;
  const { end } = blanks.at(-1)!;
  const [after] = /^[\p{L}\p{N}]*/u.exec(text.slice(end, end + ROW))!;
  const label = onOneLine(before + filled(text, blanks, words) + after);
  return label.length <= ROW ? label : words.join(" … ");
}

/** The words where they would stand, with some of their paragraph round them. */
export function excerpt(text: string, blanks: readonly Span[], words: readonly string[]): string {
  const [{ start }] = blanks;
  const { end } = blanks.at(-1)!;
  const before = text.slice(wholeCharacter(text, Math.max(0, start - ROUND)), start);
  const after = text.slice(end, wholeCharacter(text, end + ROUND));
  const stretch = end - start > 2 * ROUND ? words.join(" … ") : filled(text, blanks, words);
  const left = start > ROUND ? before.replace(/^\S*\s/, "… ") : before; // no part of a word
  const right = text.length - end > ROUND ? after.replace(/\s\S*$/, " …") : after;
  return onOneLine(left.split(BREAK).at(-1)! + stretch + right.split(BREAK)[0]);
}

function filled(text: string, blanks: readonly Span[], words: readonly string[]): string {
  return blanks
    .map(({ end }, i) => words[i] + (i + 1 < blanks.length ? text.slice(end, blanks[i + 1].start) : ""))
    .join("");
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
