import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Tokenizer, type TokenizerSettings, Vocabulary } from "./index.ts";

// Made by tests/reference/tokenizer.py with Hugging Face's Rust tokenizers.
const ROOT = new URL("../../../../", import.meta.url);
const vocabulary = Vocabulary.parse(readFileSync(new URL("packages/starter/model/vocab.txt", ROOT), "utf8"));
// Tells all characters of the BMP apart, so that nothing hides in an [UNK].
const every = Array.from({ length: 0x10000 }, (_, point) => String.fromCharCode(point)).filter(
  (character) => character < "\ud800" || character > "\udfff",
);
const specials = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"];
const characters = Vocabulary.of([...specials, ...every, ...every.map((character) => `##${character}`)]);
const fixture = (name: string) => readFileSync(new URL(`tests/fixtures/tokenizer/${name}`, ROOT));

type Line = [settings: string, text: string, ids: number[], offsets: number[]];
const [settings, ...lines] = gunzipSync(fixture("parity.json.gz"))
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line)) as [
  Record<string, TokenizerSettings & { vocabulary?: string }>,
  ...Line[],
];

describe("ids and offsets are those of Hugging Face's tokenizers", () => {
  test("on 20,000 texts", () => expect(lines.length).toBe(20_000));

  test.each(Object.keys(settings))("%s", (name) => {
    const tokenizer = new Tokenizer(
      settings[name].vocabulary === "characters" ? characters : vocabulary,
      settings[name],
    );
    const differing = [];
    for (const [at, text, ids, offsets] of lines) {
      if (at !== name) continue;
      const ours = tokenizer.tokenize(text);
      if (ours.ids.join() !== ids.join() || ours.offsets.join() !== offsets.join())
        differing.push({ text, ids, offsets, ours });
    }
    expect(differing).toEqual([]);
  });
});

test("decoded text is that of Hugging Face's WordPiece decoder", () => {
  const tokenizer = new Tokenizer(vocabulary);
  const cases = JSON.parse(fixture("decode.json").toString("utf8")) as [number[], string, string, string][];
  for (const [ids, text, withSpecials, notCleaned] of cases) {
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode(Int32Array.from(ids), { skipSpecials: false })).toBe(withSpecials);
    expect(tokenizer.decode(ids, { cleanUp: false })).toBe(notCleaned);
  }
});
