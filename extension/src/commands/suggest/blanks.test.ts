import { expect, test } from "vitest";
import { findBlanks, maskedContext, MOST_BLANKS } from "./blanks.ts";

/** A text with its selections marked: `|` a cursor, `<` and `>` a selection. */
function marked(text: string) {
  const selections: { start: number; end: number }[] = [];
  let plain = "";
  let start = 0;
  for (const character of text) {
    if (character === "|") selections.push({ start: plain.length, end: plain.length });
    else if (character === "<") start = plain.length;
    else if (character === ">") selections.push({ start, end: plain.length });
    else plain += character;
  }
  return { text: plain, blanks: findBlanks(plain, selections) };
}

const places = (text: string) => {
  const found = marked(text);
  return found.blanks.map(({ start, end }) => found.text.slice(start, end));
};
const starts = (text: string) => marked(text).blanks.map(({ startsSentence }) => startsSentence);
const context = (text: string, room = 800) => {
  const found = marked(text);
  return maskedContext(found.text, found.blanks, room);
};

test("the word at a cursor, and the words of a selection, are blanks", () => {
  expect(places("He closed the do|or.")).toEqual(["door"]);
  expect(places("He <closed the d>oor.")).toEqual(["closed", "the", "door"]);
  expect(places("It <rained.\r\n\r\nWe> stayed.")).toEqual(["rained", "We"]);
});

test("where there is no word there is no blank", () => {
  expect(["|", "\n|\n", "Rain.  |", "Rain <...> ", "🙂|", "<  >"].map(places)).toEqual([
    [],
    [],
    [],
    [],
    [],
    [],
  ]);
});

test("several cursors are several blanks, each once, in order", () => {
  expect(places("A big| dog and a sm|al|l c|at.")).toEqual(["big", "small", "cat"]);
});

test("a cursor in a sentence with masks means all of them, and no word", () => {
  expect(places("It rained. He op|ened the [MASK] and read [MASK]. Then [MASK].")).toEqual([
    "[MASK]",
    "[MASK]",
  ]);
  expect(places("He <opened> the [MASK].")).toEqual(["opened", "[MASK]"]);
});

test("a selection up to a sentence, such as a whole line, leaves that sentence's masks alone", () => {
  expect(places("<It rained.\n>He opened the [MASK].")).toEqual(["It", "rained"]);
  expect(places("A [MASK].< It rained.>")).toEqual(["It", "rained"]);
});

test("a Chinese word is a blank a character", () => {
  expect(places("今天下|雨。")).toEqual(["下", "雨"]);
});

test("a sentence begins with a blank also behind quotes and marks", () => {
  expect(["[MASK]| fell.", "- “Ra|in fell.", "The ra|in."].map(starts)).toEqual([[true], [true], [false]]);
});

test("far more words than can be filled are counted only so far", () => {
  expect(places(`<${"word ".repeat(100_000)}>`)).toHaveLength(MOST_BLANKS + 1);
});

test("the model reads whole sentences round the blanks, as far as there is room", () => {
  const text = "One. It rained. He closed the do|or. Two. Three.";
  expect(context(text, 20)).toBe("He closed the  [MASK] .");
  expect(context(text, 38)).toBe("It rained. He closed the  [MASK] . Two.");
  expect(context(text)).toBe("One. It rained. He closed the  [MASK] . Two. Three.");
});

test("masks of other sentences are no part of it", () => {
  expect(context("A [MASK]. He closed the do|or. B.")).toBe("He closed the  [MASK] . B.");
  expect(context("One| a. A [MASK]. Two| b.")).toBe(" [MASK]  a.  [MASK]  b.");
});

test("a literal mask stays as it touches its word", () => {
  expect(context("She is read[MASK] it|.")).toBe("She is read[MASK] it.");
});

test("blanks far from each other are read with their sentences alone", () => {
  const text = `The do|or fell. ${"Nothing was there. ".repeat(100)}The wi|ndow too.`;
  expect(context(text)).toBe("The  [MASK]  fell. The  [MASK]  too.");
});

test("of a text without end only what is near is read, without half characters", () => {
  const text = "🙂".repeat(100_000);
  const found = context(`${text} door| ${text}`);
  expect(found.length).toBeLessThan(9000);
  expect(found.isWellFormed()).toBe(true);
  expect(found).toContain(" [MASK] ");
});
