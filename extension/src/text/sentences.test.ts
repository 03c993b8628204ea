import { expect, test } from "vitest";
import { sentenceAt, sentences } from "./sentences.ts";

const texts = (text: string) => sentences(text).map(({ start, end }) => text.slice(start, end));

test("a sentence may go over several lines, whatever ends them", () => {
  for (const end of ["\n", "\r\n"])
    expect(texts(`It rained${end}all night. We stayed.`)).toEqual([
      `It rained${end}all night.`,
      "We stayed.",
    ]);
});

test("an empty line, a heading and a list's item end what goes before", () => {
  expect(texts("A title\n\nIt rained")).toEqual(["A title", "It rained"]);
  expect(texts("One:\n- first\n- second")).toEqual(["One:", "- first", "- second"]);
});

test("emoji and Chinese keep their offsets", () => {
  expect(texts("🙂 Good. 今天下雨。我们在家。")).toEqual(["🙂 Good.", "今天下雨。", "我们在家。"]);
});

test("the sentence at a place is the one that it stands in, or the one before", () => {
  const text = "It rained. We stayed.  \n\nThen it stopped.";
  const at = (offset: number) => {
    const found = sentenceAt(text, offset);
    return found && text.slice(found.start, found.end);
  };
  expect(at(3)).toBe("It rained.");
  expect(at(10)).toBe("It rained.");
  expect(at(12)).toBe("We stayed.");
  expect(at(22)).toBe("We stayed.");
  expect(at(text.length)).toBe("Then it stopped.");
  expect(sentenceAt("", 0)).toBeUndefined();
});

test("a sentence of a long text is found by what is near it alone", () => {
  const sentence = "It rained all day. ";
  const text = sentence.repeat(100_000);
  const start = sentence.length * 50_000;
  const begun = performance.now();
  for (let i = 0; i < 20; i++)
    expect(sentenceAt(text, start + 3)).toEqual({ start, end: start + sentence.length - 1 });
  expect(performance.now() - begun).toBeLessThan(1000);
});

test("a sentence without end is cut between characters", () => {
  const text = "a🙂".repeat(10_000);
  for (const offset of [15_000, 15_001]) {
    const { start, end } = sentenceAt(text, offset)!;
    expect(text.slice(start, end).isWellFormed()).toBe(true);
  }
});
