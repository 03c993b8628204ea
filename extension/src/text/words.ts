/**
 * Words of a text, as [start, end) in UTF-16 units: what a person would call a word, in Chinese too, where nothing stands
 * between them. A `[MASK]` is none.
 */
import type { Span } from "./sentences.ts";

/** How BERT's vocabularies write a word that is missing. */
export const MASK = "[MASK]";

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/**
 * All words, in order.
 *
 * @example
 * words("It's raining."); // [{ start: 0, end: 4 }, { start: 5, end: 12 }]
 */
export function words(text: string): Span[] {
  const readable = text.replaceAll(MASK, " ".repeat(MASK.length));
  return Array.from(segmenter.segment(readable))
    .filter(({ isWordLike }) => isWordLike)
    .map(({ index, segment }) => ({ start: index, end: index + segment.length }));
}

/** The words that a selection touches; of a mere cursor the one that it is in, else the one that ends there. */
export function wordsAt(text: string, { start, end }: Span): Span[] {
  const all = words(text);
  if (start < end) return all.filter((word) => word.start < end && start < word.end);
  const found =
    all.find((word) => word.start <= start && start < word.end) ?? all.find((word) => word.end === start);
  return found ? [found] : [];
}

/** All `[MASK]`s, in order. */
export function masks(text: string): Span[] {
  return Array.from(text.matchAll(/\[MASK\]/g), ({ index }) => ({ start: index, end: index + MASK.length }));
}

/** Whether a word is Chinese: BERT reads each of its characters as a word. */
export function isChinese(word: string): boolean {
  return /^\p{Script=Han}+$/u.test(word);
}
