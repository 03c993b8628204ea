import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Tokenizer, Vocabulary } from "./index.ts";
import { python } from "./python.ts";
import { toTokenizerJson, toVocabTxt } from "./save.ts";

// Written by Hugging Face's tools: see tests/reference/encoding.py.
const fixture = new URL("../../../../tests/fixtures/encoding/files.json", import.meta.url);
const folders = JSON.parse(readFileSync(fixture, "utf8")) as Record<string, Record<string, string>>;
const names = Object.keys(folders);
const withVocabTxt = names.filter((name) => "vocab.txt" in folders[name]);
const read = (name: string, file = "tokenizer.json") =>
  Tokenizer.fromFiles({
    tokenizerJson: folders[name][file],
    tokenizerConfig: folders[name]["tokenizer_config.json"],
  });

const specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const plain = new Tokenizer(Vocabulary.of([...specials, "a", "10", "1"]));

describe("a folder of Hugging Face's is written as it was read, byte for byte", () => {
  test.each(names)("tokenizer.json of: %s", (name) => {
    const tokenizer = read(name);
    expect(toTokenizerJson(tokenizer)).toBe(folders[name]["tokenizer.json"]);
    expect(toTokenizerJson(tokenizer, { pretty: false })).toBe(folders[name]["plain"]);
  });
  test.each(names)("tokenizer.json in one line of: %s", (name) => {
    const tokenizer = read(name, "plain");
    expect(toTokenizerJson(tokenizer)).toBe(folders[name]["plain"]);
    expect(toTokenizerJson(tokenizer, { pretty: true })).toBe(folders[name]["tokenizer.json"]);
  });
  test.each(withVocabTxt)("vocab.txt of: %s", (name) => {
    const vocabTxt = folders[name]["vocab.txt"];
    expect(toVocabTxt(read(name))).toBe(vocabTxt);
    expect(toVocabTxt(new Tokenizer(Vocabulary.parse(vocabTxt), read(name).settings))).toBe(vocabTxt);
  });
});

describe("a tokenizer made of other things", () => {
  test.each(["uncased", "cased", "settings told", "other names"])(
    "is written as transformers' BertTokenizer: vocab.txt and tokenizer_config.json of %s",
    (name) => {
      const { "vocab.txt": vocabTxt, "tokenizer_config.json": tokenizerConfig } = folders[name];
      expect(toTokenizerJson(Tokenizer.fromFiles({ vocabTxt, tokenizerConfig }))).toBe(
        folders[name]["tokenizer.json"],
      );
    },
  );
  test("is the same when it is read again", () => {
    const tokenizer = new Tokenizer(plain.vocabulary, {
      lowercase: false,
      stripAccents: true,
      maxWordLength: 7,
      cleanUp: false,
      specials: { mask: "a" },
      addedTokens: [
        { content: "new york", id: 8, normalized: true },
        { content: "<x>", id: 9, special: true, lstrip: true },
      ],
    });
    const again = Tokenizer.fromTokenizerJson(toTokenizerJson(tokenizer));
    expect(again.settings).toEqual({ ...tokenizer.settings, specials: plain.settings.specials });
    expect(again.vocabulary.pieces).toEqual(tokenizer.vocabulary.pieces);
  });
  test("that was changed by tokenizer_config.json is written as changed, and the rest as it was", () => {
    const json = folders["truncation and padding"]["tokenizer.json"];
    const tokenizerConfig = JSON.stringify({ do_lower_case: false, cls_token: "a", unk_token: "b" });
    const written = toTokenizerJson(Tokenizer.fromFiles({ tokenizerJson: json, tokenizerConfig }));
    const again = Tokenizer.fromTokenizerJson(written);
    expect(again.settings).toMatchObject({ lowercase: false, stripAccents: false });
    expect(again.specials).toMatchObject({ cls: 5, unk: 7 });
    const { truncation, padding } = JSON.parse(json) as { truncation: object; padding: object };
    expect(JSON.parse(written)).toMatchObject({ truncation, padding });
  });
  test("that reads as Python does is refused: the file cannot say it", () =>
    expect(() => toTokenizerJson(new Tokenizer(plain.vocabulary, { compat: python }))).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringMatching(/python/) }),
    ));
  test("has no piece with a line's end in its vocab.txt", () =>
    expect(() => toVocabTxt(new Tokenizer(Vocabulary.of([...specials, "a\nb"])))).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    ));
});
