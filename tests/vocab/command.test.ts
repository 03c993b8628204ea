/** `cloze vocab` as a shell runs it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { Tokenizer, Vocabulary } from "@cloze/core/tokenizer";
import { afterAll, expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";

const folder = mkdtempSync(path.join(tmpdir(), "cloze-vocab-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => path.join(folder, ...names);

mkdirSync(at("texts"));
writeFileSync(at("texts", "a.txt"), "The hug, the pug and the Pun.\n".repeat(40));
writeFileSync(at("texts", "b.txt.gz"), gzipSync("Hugs for Bünde and puns!\n".repeat(30)));
writeFileSync(at("texts", "[c].txt"), "the bun\n".repeat(20));

test("a vocabulary of the given size is learnt from patterns and files", async () => {
  const out = at("vocab.txt");
  const result = await cloze(["vocab", "--corpus", at("texts", "*"), "--size", "44", "--out", out, "--json"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.json()).toEqual([
    { pieces: 44, files: 3, words: 40 * 9 + 30 * 6 + 20 * 2, distinctWords: 13, seconds: expect.any(Number) },
  ]);
  const text = readFileSync(out, "utf8");
  expect(text).toMatch(/^\[PAD\]\n\[UNK\]\n\[CLS\]\n\[SEP\]\n\[MASK\]\n!\n,\n\.\na\n/);
  expect(text.endsWith("\n")).toBe(true);
  const tokenizer = new Tokenizer(Vocabulary.parse(text));
  expect(tokenizer.vocabulary.size).toBe(44);
  expect(tokenizer.tokenize("The hugs and bünde").ids).not.toContain(tokenizer.specials.unk);
  expect(readdirSync(folder).sort()).toEqual(["texts", "vocab.txt"]);
});

test("files in any order, named once or twice, on any number of threads give the same bytes", async () => {
  const [a, b, c] = ["a.txt", "b.txt.gz", "[c].txt"].map((name) => at("texts", name));
  const made = async (corpus: string[], threads: string): Promise<string> => {
    const out = at("same.txt");
    const result = await cloze([
      "vocab",
      "--size",
      "44",
      "--threads",
      threads,
      "--out",
      out,
      "--corpus",
      ...corpus,
    ]);
    expect(result).toMatchObject({ code: 0, err: "" });
    return readFileSync(out, "utf8");
  };
  const expected = await made([a, b, c], "1");
  expect(await made([c, b, a], "3")).toBe(expected);
  expect(await made([b, at("texts", "*"), a], "2")).toBe(expected);
});

test("the options of BERT are taken", async () => {
  const out = at("options.txt");
  const result = await cloze([
    "vocab",
    "--cased",
    "--unused=2",
    "--special=<pad>,<unk>",
    "--limit-alphabet=8",
    "--min-frequency=100",
    "--score=likelihood",
    `--corpus=${at("texts", "*")}`,
    `--out=${out}`,
  ]);
  expect(result.code).toBe(0);
  expect(result.out).toMatch(/options\.txt: \d+ pieces from 580 words \(\d+ distinct\) in 3 files, /);
  expect(result.err).toMatch(
    /^The vocabulary has \d+ pieces instead of 30,522: no other pair occurs 100 times\.\n$/,
  );
  const pieces = readFileSync(out, "utf8").split("\n");
  expect(pieces.slice(0, 4)).toEqual(["<pad>", "[unused0]", "[unused1]", "<unk>"]);
  expect(pieces.slice(4).filter((piece) => Array.from(piece).length === 1)).toHaveLength(8);
});

test("what cannot be done is refused in one sentence, and what was there stays", async () => {
  const out = at("kept.txt");
  writeFileSync(out, "kept");
  const corpus = at("texts", "*");
  writeFileSync(at("blank.txt"), " \n");
  writeFileSync(at("latin.txt"), Buffer.from("caf\xe9", "latin1"));
  const refusals = [
    [["--corpus", at("none", "*.txt")], "not-found", /^No file matches .*none.*\*\.txt/],
    [["--corpus", folder], "not-found", /^No file matches /],
    [["--corpus", corpus, "--size", "20"], "invalid-option", /pieces is too small: .* take 3\d, so /],
    [["--corpus", corpus, "--special", "[UNK],[UNK]"], "invalid-option", /is there twice/],
    [
      ["--corpus", corpus, "--out", at("texts")],
      "invalid-option",
      /texts cannot be written: it is not a file/,
    ],
    [["--corpus", corpus, "--out", at("none", "v.txt")], "invalid-option", /its folder does not exist/],
    [["--corpus", at("blank.txt")], "invalid-input", /^There are no words/],
    [["--corpus", at("latin.txt")], "invalid-input", /latin\.txt is not UTF-8/],
  ] satisfies [string[], string, RegExp][];
  for (const [argv, code, message] of refusals) {
    const target = argv.includes("--out") ? [] : ["--out", out];
    const result = await cloze(["vocab", ...argv, ...target, "--json"]);
    expect([result.code, result.json()]).toEqual([
      2,
      [{ error: { code, message: expect.stringMatching(message) } }],
    ]);
  }
  expect(readFileSync(out, "utf8")).toBe("kept");
  expect(existsSync(at("none"))).toBe(false);
  expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
});
