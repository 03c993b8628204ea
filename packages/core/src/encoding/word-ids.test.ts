import { describe, expect, test } from "vitest";
import { Tokenizer, Vocabulary } from "../tokenizer/index.ts";
import { hostSegmenter, wordIds } from "./word-ids.ts";

const pieces = [
  "[UNK]",
  "[SEP]",
  "[PAD]",
  "[CLS]",
  "我",
  "爱",
  "北",
  "京",
  "film",
  "##s",
  "ก",
  "##ข",
  "##ค",
  "a",
];
const tokenizer = new Tokenizer(Vocabulary.of(pieces));

/** Longest word of a dictionary first, as a program for Chinese words might do it. */
const dictionary = ["北京", "films"];
const segment = (text: string): string[] => {
  const words = [];
  for (let at = 0; at < text.length; at += words.at(-1)!.length)
    words.push(dictionary.find((word) => text.startsWith(word, at)) ?? text.charAt(at));
  return words;
};

describe("words of another program", () => {
  test("group tokens and leave the ids alone", () => {
    const text = "我爱北京 films";
    const tokens = tokenizer.tokenize(text);
    expect([...wordIds(tokens, text, segment)]).toEqual([0, 1, 2, 2, 3, 3]);
    expect([...tokenizer.wordIds(tokens)]).toEqual([0, 1, 2, 3, 4, 4]);
    expect(tokens).toEqual(tokenizer.tokenize(text));
  });
  test("may split what the tokenizer holds to be one word", () => {
    const text = "กขค";
    expect([...wordIds(tokenizer.tokenize(text), text, () => ["กข", "ค"])]).toEqual([0, 0, 1]);
  });
  test("may leave out white space, and tokens that are in none are words of their own", () => {
    const text = "我 爱北京";
    expect([...wordIds(tokenizer.tokenize(text), text, () => ["我", "北京"])]).toEqual([0, 1, 2, 2]);
    expect([...wordIds(tokenizer.tokenize(text), text, () => [])]).toEqual([0, 1, 2, 3]);
  });
  test("are numbered in each text of a pair, special tokens being none", () => {
    const input = { text: "北京", pair: "我北京" };
    expect([...wordIds(tokenizer.encode(input), input, segment)]).toEqual([-1, 0, 0, -1, 0, 1, 1, -1]);
  });
  test("keep their numbers where a text is cut", () => {
    const text = "我爱北京";
    const windows = tokenizer.encodeWindows(text, { maxLength: 4, overlap: 0 });
    expect(windows.map((each) => [...wordIds(each, text, segment)])).toEqual([
      [-1, 0, 1, -1],
      [-1, 2, 2, -1],
    ]);
  });
  test("that are not in the text are refused", () =>
    expect(() => wordIds(tokenizer.tokenize("北京"), "北京", () => ["北", "北"])).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: expect.stringMatching(/"北" does not follow/),
      }),
    ));
});

describe("the host's words", () => {
  test("make up the text", () => {
    const text = "我爱北京 films";
    expect([...hostSegmenter()(text)].join("")).toBe(text);
  });
  test("are taken when no segmenter is given", () => {
    const text = "films a";
    expect([...wordIds(tokenizer.tokenize(text), text)]).toEqual([0, 0, 1]);
  });
});
