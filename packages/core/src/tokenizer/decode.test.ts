import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Tokenizer, Vocabulary } from "./index.ts";

// Made by tests/reference/encoding.py with transformers.
const ROOT = new URL("../../../../", import.meta.url);
const vocabulary = Vocabulary.parse(readFileSync(new URL("packages/starter/model/vocab.txt", ROOT), "utf8"));
const tokenizer = new Tokenizer(vocabulary);
const rows = JSON.parse(readFileSync(new URL("tests/fixtures/encoding/decode.json", ROOT), "utf8")) as [
  ids: number[],
  texts: Record<string, string>,
][];

describe("decoded text is that of transformers", () => {
  test.each([
    ["pieces", { cleanUp: true }],
    ["spaces", { cleanUp: false, cleanUpSpaces: true }],
    ["both", { cleanUp: true, cleanUpSpaces: true }],
    ["neither", { cleanUp: false }],
  ])("with the rules: %s", (name, options) => {
    expect(rows.length).toBe(150);
    for (const [ids, texts] of rows) expect(tokenizer.decode(ids, options), ids.join()).toBe(texts[name]);
  });
  test("the rules differ where they should", () => {
    const different = rows.filter(([, { pieces, spaces }]) => pieces !== spaces);
    expect(different.length).toBeGreaterThan(3);
  });
});

describe("ids", () => {
  test("that the vocabulary does not have are left out", () =>
    expect(tokenizer.decode([vocabulary.id("film")!, vocabulary.size, 1e9, vocabulary.id("##s")!])).toBe(
      "films",
    ));
  test.each([-1, 1.5, Number.NaN])("that are none, as %d, are refused", (id) =>
    expect(() => tokenizer.decode([id])).toThrow(
      expect.objectContaining({ code: "invalid-input", message: expect.stringMatching(/no id/) }),
    ),
  );
});

describe("the tokenizer's files say which rule holds", () => {
  const specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "."].join("\n");
  const decoded = (config: object) =>
    Tokenizer.fromFiles({ vocabTxt: specials, tokenizerConfig: JSON.stringify(config) }).decode([5, 6], {
      cleanUp: false,
    });
  test("clean_up_tokenization_spaces of tokenizer_config.json", () => {
    expect(decoded({ clean_up_tokenization_spaces: true })).toBe("a.");
    expect(decoded({})).toBe("a .");
  });
});
