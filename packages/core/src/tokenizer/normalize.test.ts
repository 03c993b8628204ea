import { describe, expect, test } from "vitest";
import { Normalizer } from "./normalize.ts";
import { TOKENS_PER_UNIT } from "./wordpiece.ts";

const UNCASED = { cleanText: true, handleChineseChars: true, stripAccents: true, lowercase: true };

/** Each character left, with the text it is said to come from. */
function normalize(text: string, settings = {}) {
  const normalizer = new Normalizer({ ...UNCASED, ...settings });
  normalizer.run(text, 0, text.length);
  const { points, starts, ends, length } = normalizer;
  return Array.from({ length }, (_, at) => [
    String.fromCodePoint(points[at]),
    text.slice(starts[at], ends[at]),
  ]);
}

describe("normalisation", () => {
  test("cleans, spaces, strips and lowers", () =>
    expect(normalize("É\u200b日\t")).toEqual([
      ["e", "É"],
      [" ", "日"],
      ["日", "日"],
      [" ", "日"],
      [" ", "\t"],
    ]));
  test("follows the Unicode of the reference, not the host's", () =>
    expect(normalize("a\u1df6")).toEqual([
      ["a", "a"],
      ["\u1df6", "\u1df6"],
    ])); // a mark that was new in Unicode 10
  test("puts marks in canonical order, each said to come from where it moved to", () =>
    expect(normalize("x\u302e\u{1d165}")).toEqual([
      ["x", "x"],
      ["\u{1d165}", "\u302e"],
      ["\u302e", "\u{1d165}"],
    ]));
  test("lowers one character to two", () =>
    expect(normalize("İ", { stripAccents: false })).toEqual([
      ["i", "İ"],
      ["\u0307", "İ"],
    ]));
  test("sees a lone surrogate as U+FFFD", () =>
    expect(normalize("\udc00", { cleanText: false })).toEqual([["\ufffd", "\udc00"]]));
});

test.each([UNCASED, { ...UNCASED, lowercase: false }, { ...UNCASED, cleanText: false, stripAccents: false }])(
  "no character leaves more than the tokenizer makes room for: %o",
  (settings) => {
    const normalizer = new Normalizer(settings);
    const exceeding = [];
    for (let point = 0; point < 0x110000; point++) {
      const text = String.fromCodePoint(point);
      if (normalizer.run(text, 0, text.length) > TOKENS_PER_UNIT * text.length) exceeding.push(point);
    }
    expect(exceeding).toEqual([]);
  },
);
