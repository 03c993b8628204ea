/**
 * Upper and lower case: a word that takes another's place takes its casing too, for most vocabularies know no capitals.
 */

/**
 * A word, cased as the one that it is to replace. What a vocabulary with capitals wrote large stays so.
 *
 * @param startsSentence Whether it comes first there: a single capital elsewhere, such as "I", says nothing of others.
 * @example
 * followCasing("window", "DOOR", false); // "WINDOW"
 */
export function followCasing(word: string, original: string, startsSentence: boolean): string {
  if (!/^\p{Lu}/u.test(original)) return word;
  if (original.length > 1 && original === original.toUpperCase()) return word.toUpperCase();
  return original.length > 1 || startsSentence ? capitalize(word) : word;
}

/** A word with a capital in front, by whole characters. */
export function capitalize(word: string): string {
  const [first = "", ...rest] = word;
  return first.toUpperCase() + rest.join("");
}
