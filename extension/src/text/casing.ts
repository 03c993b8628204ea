/**
 * Upper and lower case: a word that takes another's place takes its casing too, for most vocabularies know no capitals.
 */

/** A single capital, also with digits, or with what is left out: "I", "Q1", "I'm". */
const SINGLE = /^\p{Lu}(?:['’]\p{Ll}+|\P{L}*)$/u;

/**
 * A word, cased as the one that it is to replace. What a vocabulary with capitals wrote large stays so.
 *
 * @param startsSentence Whether it comes first there: a single capital elsewhere, such as "I", says nothing of others.
 * @example
 * followCasing("window", "DOOR", false); // "WINDOW"
 */
export function followCasing(word: string, original: string, startsSentence: boolean): string {
  if (!/^\p{Lu}/u.test(original)) return word;
  if (SINGLE.test(original)) return startsSentence ? capitalize(word) : word;
  const large = original.replaceAll("ß", "ẞ"); // in capitals, too, it is often written small
  return large === large.toUpperCase() ? word.toUpperCase() : capitalize(word);
}

/** A word with a capital in front, by whole characters. */
export function capitalize(word: string): string {
  const [first = "", ...rest] = word;
  return first.toUpperCase() + rest.join("");
}
