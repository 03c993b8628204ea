/**
 * Paragraphs to sentences, by Unicode's rules (UAX 29) as the host's ICU has them: they do not know abbreviations,
 * so that "Mr. Smith" is two, which pre-training minds little.
 */

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * The sentences of a paragraph, in order; together they are the paragraph.
 *
 * @example
 * splitSentences("It rains. Is it cold?"); // ["It rains. ", "Is it cold?"]
 */
export function splitSentences(paragraph: string): string[] {
  return Array.from(segmenter.segment(paragraph), ({ segment }) => segment);
}
