/**
 * What is to be filled: the places in the document, and the text round them that the model reads. Offsets are UTF-16
 * units of the document. However long the document, only what is near is looked at.
 */
import { sentences, wholeCharacter } from "../../text/sentences.ts";
import type { Span } from "../../text/sentences.ts";
import { isChinese, MASK, masks, wordsAt } from "../../text/words.ts";

/** A place for a word. */
export interface Blank extends Span {
  /** The word that stands there now; none at a literal `[MASK]`. */
  readonly word?: string;
  /** Whether its sentence begins with it. */
  readonly startsSentence: boolean;
}

/** How many places are filled at once: each costs as many runs of the model as there are suggestions. */
export const MOST_BLANKS = 8;

/** How far, in UTF-16 units, a text is looked at on either side: further than a model reads. */
const REACH = 4000;

/**
 * The blanks of selections: the words that they touch, and the `[MASK]`s of their sentences. A cursor in a sentence with
 * a `[MASK]` means those alone.
 *
 * @returns In order; none where there is no word, and at most one more than `MOST_BLANKS`.
 */
export function findBlanks(text: string, selections: readonly Span[]): Blank[] {
  const found = new Map<number, Blank>();
  for (const selection of selections) {
    for (const blank of blanksAt(text, selection)) found.set(blank.start, blank);
    if (found.size > MOST_BLANKS) break;
  }
  return [...found.values()].sort((a, b) => a.start - b.start).slice(0, MOST_BLANKS + 1);
}

function blanksAt(text: string, { start, end }: Span): Blank[] {
  const near = sentencesNear(text, start, Math.min(end, start + REACH));
  // A cursor between two sentences, with no space there, is in the second.
  const own =
    start < end
      ? near.filter((sentence) => sentence.start < end && start < sentence.end)
      : near.filter((sentence) => sentence.start <= end && start <= sentence.end).slice(-1);
  return own.flatMap((sentence) => {
    const within = text.slice(sentence.start, sentence.end);
    const literal = masks(within);
    const selection = { start: start - sentence.start, end: end - sentence.start };
    const words = start === end && literal.length > 0 ? [] : wordsAt(within, selection);
    const blank = (span: Span, word?: string): Blank => ({
      start: sentence.start + span.start,
      end: sentence.start + span.end,
      startsSentence: !/[\p{L}\p{N}]/u.test(within.slice(0, span.start)),
      ...(word !== undefined && { word }),
    });
    return [
      ...literal.map((span) => blank(span)),
      ...words.flatMap((span) =>
        tokensOf(within, span).map((part) => blank(part, within.slice(part.start, part.end))),
      ),
    ];
  });
}

/** A Chinese word is as many blanks as it has characters. */
function tokensOf(text: string, { start, end }: Span): Span[] {
  const word = text.slice(start, end);
  if (!isChinese(word)) return [{ start, end }];
  return Array.from(word.matchAll(/./gu), ({ 0: character, index }) => ({
    start: start + index,
    end: start + index + character.length,
  }));
}

/**
 * The text that the model reads, a `[MASK]` at each blank: the blanks' sentences, with what is round them as far as
 * there is room. Sentences too far from each other are read one after the other.
 *
 * @param room UTF-16 units.
 */
export function maskedContext(text: string, blanks: readonly Blank[], room: number): string {
  const [first, last] = [blanks[0], blanks.at(-1)!];
  const literal = blanks.filter(({ word }) => word === undefined);
  const others = masks(text.slice(first.start, last.end)).length > literal.length;
  if (others || last.end - first.start > room) {
    const own = blanks.map((blank) => ownSentence(sentencesNear(text, blank.start, blank.end), blank));
    const apart = own.filter(({ start }, i) => start !== own[i - 1]?.start);
    return apart.map((sentence) => masked(text, sentence, blanks)).join(" ");
  }
  const near = sentencesNear(text, first.start, last.end);
  let { start } = ownSentence(near, first);
  let { end } = ownSentence(near, last);
  const before = near.filter((sentence) => sentence.end <= start);
  const after = near.filter((sentence) => sentence.start >= end);
  const fits = (from: number, to: number) => to - from <= room;
  const plain = (sentence: Span | undefined): sentence is Span =>
    sentence !== undefined && !text.slice(sentence.start, sentence.end).includes(MASK);
  for (let grows = true; grows;) {
    grows = false;
    const previous = before.at(-1);
    if (plain(previous) && fits(previous.start, end)) {
      ({ start } = before.pop()!);
      grows = true;
    }
    const [next] = after;
    if (plain(next) && fits(start, next.end)) {
      ({ end } = after.shift()!);
      grows = true;
    }
  }
  return masked(text, { start, end }, blanks);
}

function ownSentence(near: readonly Span[], blank: Span): Span {
  return near.find(({ start, end }) => start <= blank.start && blank.end <= end) ?? blank;
}

/** A part of the text with masks for its words; they stand apart, so that each is a whole word. */
function masked(text: string, { start, end }: Span, blanks: readonly Blank[]): string {
  let result = "";
  let from = start;
  for (const blank of blanks) {
    if (blank.start < start || blank.end > end) continue;
    result += text.slice(from, blank.start) + (blank.word === undefined ? MASK : ` ${MASK} `);
    from = blank.end;
  }
  return result + text.slice(from, end);
}

function sentencesNear(text: string, from: number, to: number): Span[] {
  const begin = wholeCharacter(text, Math.max(0, from - REACH));
  const found = sentences(text.slice(begin, wholeCharacter(text, to + REACH)));
  return found.map(({ start, end }) => ({ start: begin + start, end: begin + end }));
}
