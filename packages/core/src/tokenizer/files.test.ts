import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Tokenizer } from "./index.ts";

const PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "Á", "a日"];
const vocabTxt = PIECES.join("\n");

function tokenizerJson(changes: object = {}): string {
  return JSON.stringify({
    truncation: { max_length: 1 },
    padding: null,
    added_tokens: [{ id: 4, content: "[MASK]", special: true, lstrip: true, normalized: false }],
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: false,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 5,
      vocab: Object.fromEntries(PIECES.map((piece, id) => [piece, id])),
    },
    ...changes,
  });
}

const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
const sequence = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
const item = (id: string) => special(id, 0);
const config = (keys: object) => JSON.stringify(keys);
const refused = (changes: object, code: string, message: RegExp) =>
  expect(() => Tokenizer.fromTokenizerJson(tokenizerJson(changes))).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );

describe("tokenizer.json", () => {
  const tokenizer = Tokenizer.fromTokenizerJson(tokenizerJson());
  test("tells vocabulary and settings", () => {
    expect(tokenizer.vocabulary.pieces).toEqual(PIECES);
    expect(tokenizer.settings).toMatchObject({ lowercase: false, stripAccents: false, maxWordLength: 5 });
    expect(tokenizer.tokenize("a  [MASK]").offsets).toEqual(Int32Array.of(0, 1, 1, 9));
  });
  test("does not hand on its truncation", () => expect(tokenizer.count("a b a b")).toBe(4));
  test("names the special pieces in its template", () => {
    const single = [item("a"), { Sequence: { id: "A", type_id: 0 } }, item("b")];
    const { specials } = Tokenizer.fromTokenizerJson(
      tokenizerJson({ post_processor: { type: "TemplateProcessing", single } }),
    );
    expect(specials).toMatchObject({ cls: 5, sep: 6 });
  });
  const single = [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)];
  const pair = [...single, sequence("B", 1), special("[SEP]", 1)];
  test.each([
    ["a pair with two [SEP] between", { single, pair: [...single, special("[SEP]", 0), ...pair.slice(3)] }],
    ["a pair of one segment", { single, pair: [...single, sequence("B", 0), special("[SEP]", 0)] }],
    ["a [CLS] of a segment of its own", { single: [special("[CLS]", 2), ...single.slice(1)] }],
    ["a text without [SEP]", { single: single.slice(0, 2) }],
    ["a [CLS] that is two pieces", { single, special_tokens: { "[CLS]": { id: "[CLS]", ids: [5, 6] } } }],
    ["a [CLS] that is another piece", { single, special_tokens: { "[CLS]": { id: "[CLS]", ids: [5] } } }],
  ])("with %s is refused", (_, template) =>
    refused({ post_processor: { type: "TemplateProcessing", ...template } }, "unsupported", /only BERT's/),
  );
  test("with BERT's own template for pairs is taken", () => {
    const ids = { "[CLS]": { ids: [2] }, "[SEP]": { ids: [3] } };
    const post_processor = { type: "TemplateProcessing", single, pair, special_tokens: ids };
    const read = Tokenizer.fromTokenizerJson(tokenizerJson({ post_processor }));
    expect([...read.encodePair("a", "b").ids]).toEqual([2, 5, 3, 6, 3]);
  });
  test("of another model is refused by name", () =>
    refused({ model: { type: "BPE", vocab: {} } }, "unsupported", /model .* is BPE/));
  test("of another normalizer is refused by name", () =>
    refused({ normalizer: { type: "NFC" } }, "unsupported", /normalizer .* is NFC/));
  test("without a pre-tokenizer is refused", () =>
    refused({ pre_tokenizer: null }, "unsupported", /pre_tokenizer .* missing/));
  test("of another post-processor is refused by name", () =>
    refused(
      { post_processor: { type: "RobertaProcessing" } },
      "unsupported",
      /post_processor .* RobertaProcessing/,
    ));
  test("of another prefix is refused", () =>
    refused(
      { model: { type: "WordPiece", vocab: {}, continuing_subword_prefix: "@" } },
      "unsupported",
      /"@"/,
    ));
  test("with two pieces of one id is refused", () =>
    refused({ model: { type: "WordPiece", vocab: { a: 0, b: 0 } } }, "invalid-model", /the id of "b"/));
  test("with an id that is no whole number is refused", () =>
    refused(
      { model: { type: "WordPiece", vocab: { a: 0.5, b: 1 } } },
      "invalid-model",
      /the id of "a" is 0.5/,
    ));
  test("that is not JSON is refused", () =>
    expect(() => Tokenizer.fromTokenizerJson("{")).toThrow(
      expect.objectContaining({ code: "invalid-model" }),
    ));
});

describe("a model folder", () => {
  test("may have only vocab.txt", () =>
    expect(Tokenizer.fromFiles({ vocabTxt }).settings).toMatchObject({
      lowercase: true,
      stripAccents: true,
    }));
  test("without either file is refused", () =>
    expect(() => Tokenizer.fromFiles({})).toThrow(expect.objectContaining({ code: "not-found" })));
  test("counts a key of tokenizer_config.json before tokenizer.json", () => {
    const files = {
      tokenizerJson: tokenizerJson(),
      tokenizerConfig: config({ do_lower_case: true, tokenize_chinese_chars: false }),
    };
    expect(Tokenizer.fromFiles(files).settings).toMatchObject({
      lowercase: true,
      stripAccents: true,
      handleChineseChars: false,
    });
  });
  test("counts tokenizer.json where tokenizer_config.json is silent", () =>
    expect(
      Tokenizer.fromFiles({ tokenizerJson: tokenizerJson(), tokenizerConfig: "{}" }).settings.lowercase,
    ).toBe(false));
  test("tells the special pieces as strings or as objects", () => {
    const tokenizerConfig = config({ cls_token: { content: "a" }, sep_token: "b", mask_token: null });
    expect(Tokenizer.fromFiles({ vocabTxt, tokenizerConfig }).specials).toMatchObject({
      cls: 5,
      sep: 6,
      mask: 4,
    });
  });
  test("makes the special pieces that it names added tokens", () => {
    const tokenizer = Tokenizer.fromFiles({
      tokenizerJson: tokenizerJson(),
      tokenizerConfig: config({ sep_token: "a" }),
    });
    expect([...tokenizer.tokenize("bab").ids]).toEqual([6, 5, 6]);
  });
  test("tells added tokens", () => {
    const tokenizerConfig = config({
      added_tokens_decoder: { 9: { content: "new", special: false, normalized: false } },
    });
    const tokenizer = Tokenizer.fromFiles({ vocabTxt, tokenizerConfig });
    expect([...tokenizer.tokenize("a new b").ids]).toEqual([5, 9, 6]);
  });
  test("of Japanese words split by another program is refused", () =>
    expect(() =>
      Tokenizer.fromFiles({ vocabTxt, tokenizerConfig: config({ word_tokenizer_type: "mecab" }) }),
    ).toThrow(expect.objectContaining({ code: "unsupported", message: expect.stringMatching(/mecab/) })));
  test("with a flag that is none is refused", () =>
    expect(() =>
      Tokenizer.fromFiles({ vocabTxt, tokenizerConfig: config({ do_lower_case: "yes" }) }),
    ).toThrow(
      expect.objectContaining({ code: "invalid-model", message: expect.stringMatching(/do_lower_case/) }),
    ));
});

const read = (files: Record<string, string>) =>
  Tokenizer.fromFiles({
    vocabTxt: files["vocab.txt"],
    tokenizerJson: files["tokenizer.json"],
    tokenizerConfig: files["tokenizer_config.json"],
    specialTokensMap: files["special_tokens_map.json"],
    addedTokens: files["added_tokens.json"],
  });

describe("an older folder", () => {
  // Made by tests/reference/encoding.py with transformers.
  const fixture = new URL("../../../../tests/fixtures/encoding/older.json", import.meta.url);
  type Row = [files: Record<string, string>, text: string, tokens: string[]];
  const rows = JSON.parse(readFileSync(fixture, "utf8")) as Row[];

  test("is read as transformers reads it: special_tokens_map.json and added_tokens.json", () => {
    expect(rows.length).toBe(12);
    for (const [files, text, tokens] of rows) {
      const tokenizer = read(files);
      const ours = Array.from(tokenizer.encode(text).ids, (id) => tokenizer.vocabulary.piece(id));
      expect(ours, JSON.stringify({ ...files, "vocab.txt": "", "tokenizer.json": "" })).toEqual(tokens);
    }
  });
  test("makes an added token special if the map names it so", () => {
    const tokenizer = Tokenizer.fromFiles({
      vocabTxt,
      specialTokensMap: config({ additional_special_tokens: ["<x>", { content: "<y>", rstrip: true }] }),
      addedTokens: config({ "<x>": 9, word: 10 }),
    });
    expect(tokenizer.settings.addedTokens.filter(({ id }) => id > 8)).toMatchObject([
      { content: "<x>", id: 9, special: true, normalized: false },
      { content: "word", id: 10, special: false, normalized: true },
      { content: "<y>", id: 11, special: true, rstrip: true },
    ]);
  });
  test("with a damaged added_tokens.json is refused", () =>
    expect(() => Tokenizer.fromFiles({ vocabTxt, addedTokens: config({ a: "5" }) })).toThrow(
      expect.objectContaining({ code: "invalid-model", message: expect.stringMatching(/added_tokens.json/) }),
    ));
});
