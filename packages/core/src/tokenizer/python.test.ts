import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Tokenizer, Vocabulary } from "./index.ts";
import { python } from "./python.ts";
import { TOKENS_PER_UNIT } from "./wordpiece.ts";

// Made by tests/reference/encoding.py, which has google-research/bert's algorithm.
const ROOT = new URL("../../../../", import.meta.url);
const fixture = (name: string) => readFileSync(new URL(`tests/fixtures/encoding/${name}`, ROOT));
const starter = Vocabulary.parse(readFileSync(new URL("packages/starter/model/vocab.txt", ROOT), "utf8"));
const every = Array.from({ length: 0x10000 }, (_, point) => String.fromCharCode(point)).filter(
  (character) => character < "\ud800" || character > "\udfff",
);
const specials = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"];
const characters = Vocabulary.of([...specials, ...every, ...every.map((character) => `##${character}`)]);
// And this one those outside the BMP that become others.
const beyond = [
  [0x61, 0x7b],
  [0x3a3, 0x3ca],
  [0x10400, 0x10600],
  [0x10c80, 0x10d00],
  [0x11080, 0x11960],
  [0x16e40, 0x16ea0],
  [0x1d15e, 0x1d1c0],
  [0x1e900, 0x1e944],
  [0x20000, 0x2a6e0],
].flatMap(([first, end]) => Array.from({ length: end - first }, (_, at) => String.fromCodePoint(first + at)));
const astral = Vocabulary.of([...specials, ...beyond, ...beyond.map((character) => `##${character}`)]);
const vocabularies = { starter, characters };

type Row = [vocabulary: "starter" | "characters", lower: boolean, text: string, ids: number[], same: boolean];
const [[, unicode], ...rows] = gunzipSync(fixture("python.json.gz"))
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line)) as [[string, string], ...Row[]];

const small = Vocabulary.of([
  ...specials,
  "[",
  "]",
  "mask",
  "σ",
  "ς",
  "##σ",
  "##ς",
  "α",
  "##α",
  "x",
  "##x",
  "日",
]);
const read = (text: string, settings = {}) => {
  const tokenizer = new Tokenizer(small, { compat: python, ...settings });
  const { ids, offsets } = tokenizer.tokenize(text);
  return Array.from(ids, (id, at) =>
    [small.piece(id), text.slice(offsets[2 * at], offsets[2 * at + 1])].join("<"),
  );
};

describe("compat: python gives the ids of google-research/bert's tokenization.py", () => {
  test("on 4,000 texts, and on a tenth of them others than Rust's", () => {
    expect(unicode).toBe("14.0.0");
    expect(rows.length).toBe(4000);
    expect(rows.filter(([, , , , same]) => !same).length).toBeGreaterThan(400);
  });
  test.each([
    ["starter", true],
    ["starter", false],
    ["characters", true],
    ["characters", false],
  ] as const)("with the vocabulary %s, lower-casing %s", (name, lowercase) => {
    const tokenizer = new Tokenizer(vocabularies[name], { compat: python, lowercase });
    const differing = [];
    for (const [vocabulary, lower, text, ids] of rows) {
      if (vocabulary !== name || lower !== lowercase) continue;
      const ours = tokenizer.tokenize(text).ids;
      if (ours.join() !== ids.join()) differing.push({ text, ids, ours: [...ours] });
    }
    expect(differing).toEqual([]);
  });
  test("round every character of every plane that has any", { timeout: 60_000 }, () => {
    const tools = [characters, astral].map((vocabulary) => new Tokenizer(vocabulary, { compat: python }));
    const expected = JSON.parse(fixture("python-characters.json").toString("utf8")) as number[][];
    expect(expected.length * 0x400).toBeGreaterThan(0x32000);
    const differing = expected.filter(([first, ...sums]) => {
      const totals = [0, 0];
      for (let point = first; point < first + 0x400; point++) {
        if (point >= 0xd800 && point <= 0xdfff) continue;
        const char = String.fromCodePoint(point);
        for (const [at, tokenizer] of tools.entries())
          for (const id of tokenizer.tokenize(`a${char}\u0301b aΣ${char}b ${char}Σ`).ids)
            totals[at] = (Math.imul(totals[at], 31) + id + 1) >>> 0;
      }
      return totals.join() !== sums.join();
    });
    expect(differing).toEqual([]);
  });
});

describe("compat: python", () => {
  test("splits special tokens in the text", () =>
    expect(read("[MASK]")).toEqual(["[<[", "mask<MASK", "]<]"]));
  test("finds added tokens when they are told", () =>
    expect(read("x[MASK]", { addedTokens: [{ content: "[MASK]", id: 4 }] })).toEqual([
      "x<x",
      "[MASK]<[MASK]",
    ]));
  test("takes words of up to 200 characters", () => {
    expect(read("x".repeat(200))).toHaveLength(200);
    expect(read("x".repeat(201))).toEqual([`[UNK]<${"x".repeat(201)}`]);
  });
  test("knows the sigma at a word's end", () =>
    expect(read("ΑΣ ΑΣΑ")).toEqual(["α<Α", "##ς<Σ", "α<Α", "##σ<Σ", "##α<Α"]));
  test("leaves special tokens out when it decodes", () =>
    expect(new Tokenizer(small, { compat: python }).decode([3, 7, 1])).toBe("mask"));
  test("is given as what the module exports, not by name", () =>
    expect(() => new Tokenizer(small, { compat: "python" as unknown as typeof python })).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message: expect.stringMatching(/exports as python/),
      }),
    ));
  test("leaves the files' added tokens and longest word aside", () => {
    const tokenizerConfig = JSON.stringify({ added_tokens_decoder: { 99: { content: "x" } } });
    const tokenizer = Tokenizer.fromFiles(
      { vocabTxt: small.pieces.join("\n"), tokenizerConfig },
      { compat: python },
    );
    expect(tokenizer.settings).toMatchObject({ maxWordLength: 200, addedTokens: [] });
  });
  test("has offsets in order, each from a stretch of the text", () => {
    const tokenizer = new Tokenizer(characters, { compat: python });
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { ids, offsets } = tokenizer.tokenize(text);
        for (let at = 0; at < ids.length; at++) {
          expect(offsets[2 * at]).toBeLessThan(offsets[2 * at + 1]);
          expect(offsets[2 * at + 1]).toBeLessThanOrEqual(text.length);
        }
      }),
    );
  });
  test("makes no more tokens than there is room for", () => {
    const tokenizer = new Tokenizer(characters, { compat: python });
    const exceeding = [];
    for (let point = 0; point < 0x110000; point++) {
      const text = String.fromCodePoint(point);
      if (tokenizer.count(text) > TOKENS_PER_UNIT * text.length) exceeding.push(point);
    }
    expect(exceeding).toEqual([]);
  });
  test("takes a moment for a megabyte of marks that change places", () => {
    const begun = performance.now();
    new Tokenizer(small, { compat: python }).count("\u302e\u{1d165}".repeat(250_000));
    new Tokenizer(small, { compat: python }).count("'Σ''".repeat(250_000));
    expect(performance.now() - begun).toBeLessThan(4000);
  });
});
