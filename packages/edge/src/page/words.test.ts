import { expect, test } from "vitest";
import { keepPlaces, maskedWords, maskText, splitWords } from "./words.ts";

const sentence = "L’eau isn't naïve: 42 [MASK]s, 東京.";

test("words are letters, marks and digits, with an apostrophe inside", () => {
  expect(splitWords(sentence).map(({ text }) => text)).toEqual([
    "L’eau",
    "isn't",
    "naïve",
    "42",
    "[MASK]",
    "s",
    "東京",
  ]);
  for (const { start, end, text } of splitWords(sentence)) expect(sentence.slice(start, end)).toBe(text);
});

test("chosen words become masks, beside those that are written", () => {
  expect(maskText(sentence, "1,6")).toBe("L’eau [MASK] naïve: 42 [MASK]s, [MASK].");
  expect(maskedWords(sentence, "1").map(({ text }) => text)).toEqual(["isn't", "[MASK]"]);
  expect(maskText("no word is chosen", "")).toBe("no word is chosen");
  expect(maskText("", "3")).toBe("");
});

test("an edit keeps the masks of words that still stand in their places", () => {
  const [before, after] = ["one two three", "one too three four"].map(splitWords);
  expect(keepPlaces("1,2", before, after)).toBe("2");
  expect(keepPlaces("2", before, splitWords("one"))).toBe("");
});
