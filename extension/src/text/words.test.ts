import { expect, test } from "vitest";
import { isChinese, masks, words, wordsAt } from "./words.ts";

const texts = (text: string) => words(text).map(({ start, end }) => text.slice(start, end));

test("punctuation, space, emoji and [MASK] are no words", () => {
  expect(texts("It's 🙂 raining,\r\n\t[MASK] 1896!")).toEqual(["It's", "raining", "1896"]);
});

test("Chinese words stand side by side", () => {
  expect(texts("今天下雨。")).toEqual(["今天", "下雨"]);
  expect([isChinese("下雨"), isChinese("rain"), isChinese("下x")]).toEqual([true, false, false]);
});

test("a cursor takes the word that it is in, or else the one that ends there", () => {
  const text = "🙂 The door.";
  const at = (offset: number) =>
    wordsAt(text, { start: offset, end: offset }).map(({ start, end }) => text.slice(start, end));
  expect([3, 6, 7, 9, 11].map(at)).toEqual([["The"], ["The"], ["door"], ["door"], ["door"]]);
  expect([0, 12].map(at)).toEqual([[], []]);
  const between = wordsAt("今天下雨", { start: 2, end: 2 });
  expect(between).toEqual([{ start: 2, end: 4 }]);
});

test("a selection takes whole words, also those that it only touches", () => {
  expect(wordsAt("one two three", { start: 5, end: 9 })).toEqual([
    { start: 4, end: 7 },
    { start: 8, end: 13 },
  ]);
  expect(wordsAt("one, two", { start: 3, end: 5 })).toEqual([]);
});

test("masks are found as they are written", () => {
  expect(masks("[mask] a [MASK][MASK]")).toEqual([
    { start: 9, end: 15 },
    { start: 15, end: 21 },
  ]);
});
