/**
 * What `cloze pretrain` refuses, in a sentence each and before the folder is touched where it can be; and what a
 * resumed run refuses.
 */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
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
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { starter } from "../starter.ts";
import { cloze } from "../cli/cloze.ts";
import { pretrainArguments, writeGiven } from "./given.ts";
import type { Given } from "./given.ts";

let scratch: string;
let given: Given;
let begun: string;
beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), "cloze-refused-"));
  given = writeGiven(path.join(scratch, "given"));
  begun = path.join(scratch, "begun");
  expect((await cloze(pretrainArguments(given, begun))).code).toBe(0);
  rmSync(path.join(begun, "model.safetensors")); // as if it were on its way
});
afterAll(() => rmSync(scratch, { recursive: true }));

const place = (name: string): string => path.join(scratch, name);

/** Runs it with options replaced or added; what it says must be one sentence. */
async function refusal(out: string, more: readonly string[], files = given): Promise<string> {
  const { code, err } = await cloze([...pretrainArguments(files, out), ...more]);
  expect({ code, err }).toEqual({ code: 2, err: expect.any(String) });
  return err;
}

describe("before anything is done", () => {
  test.each([
    [["--preset", "tiny"], /^Give one of --preset and --config, not both\.\n$/],
    [["--length", "65"], /^length is 65: give at most 64, the positions that the model has\.\n$/],
    [["--held-out", "1"], /^held-out is 1: give a number from 0 to below 1\.\n$/],
    [["--dropout", "1"], /^dropout is 1: give a number from 0 to below 1\.\n$/],
    [
      ["--warmup", "200"],
      /^warmup should be a share below 1 or a whole number of updates up to 120, not 200\.\n$/,
    ],
    [["--mask", "rare", "--whole-word"], /leave --whole-word out\.\n$/],
    [["--vocab", "nowhere.txt"], /^nowhere\.txt cannot be read \(ENOENT\): see that the path is right\.\n$/],
    [["--corpus", "nowhere-*.txt"], /^No file matches nowhere-\*\.txt: see that the path is right\.\n$/],
  ])("%s", async (more, said) => {
    const out = place("never");
    expect(await refusal(out, more)).toMatch(said);
    expect(existsSync(out)).toBe(false);
  });

  test("a vocabulary that is not that of the model it goes on with", async () => {
    const argv = [
      "pretrain",
      "--corpus",
      given.corpus,
      "--vocab",
      given.vocab,
      "--from",
      starter,
      "--steps",
      "1",
    ];
    const { code, err } = await cloze([...argv, "--out", place("never")]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /is not the vocabulary of .*, with which its weights were trained: leave --vocab out\.\n$/,
    );
  });

  test("a vocabulary with more pieces than the configuration has embeddings for", async () => {
    const vocab = place("long.txt");
    writeFileSync(
      vocab,
      ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...Array.from("abcdefghijklmnopqrstuvwxyz")].join("\n"),
    );
    expect(await refusal(place("never"), [], { ...given, vocab })).toMatch(
      /has 31 pieces, but .* has embeddings for 25: set its vocab_size to 31\.\n$/,
    );
  });
});

test.each([
  ["without text", "\n\n  \n", /^The corpus has no text: give files with some\.\n$/],
  ["of one sentence", "The cat sees.\n", /The corpus is one sentence: pairs need more; give more text\.\n$/],
])("a corpus %s is refused, and the folder is free again", async (_, text, said) => {
  const corpus = place("short.txt");
  writeFileSync(corpus, text);
  const out = place("without");
  expect(await refusal(out, [], { ...given, corpus })).toMatch(said);
  expect(readdirSync(out)).toEqual([]);
});

test("a corpus of few sentences is learned from whole", async () => {
  const corpus = place("few.txt");
  writeFileSync(corpus, "The cat sees.\n\nThe dog hears.\n\nA bird likes the river.\n");
  const out = place("few");
  const { code, err } = await cloze([...pretrainArguments({ ...given, corpus }, out), "--steps", "2"]);
  expect({ code, err }).toEqual({
    code: 0,
    err: expect.stringMatching(
      /^The corpus has few sentences, so that none is held out to measure on\.\n.* 0 of them held out/,
    ),
  });
});

test("a folder in use is refused without --resume", async () => {
  expect(await refusal(begun, [])).toBe(
    `${begun} is in use: resume the run in it, or choose another folder.\n`,
  );
});

test("another configuration is refused with the difference", async () => {
  const said = await refusal(begun, ["--resume", "--rate", "1e-4", "--seed", "2"]);
  expect(said).toContain("rate: 0.003 in the folder, 0.0001 now");
  expect(said).toContain("seeds: [1] in the folder, [2] now");
});

test("another reading of the vocabulary is another configuration", async () => {
  expect(await refusal(begun, ["--resume", "--cased"])).toContain("cased: nothing in the folder, true now");
});

test("a model whose checkpoints are gone is no run to resume, and its log is kept", async () => {
  const out = place("bare");
  expect((await cloze(pretrainArguments(given, out))).code).toBe(0);
  rmSync(path.join(out, "checkpoints"), { recursive: true });
  const log = readFileSync(path.join(out, "metrics.jsonl"), "utf8");
  expect(await refusal(out, ["--resume"])).toBe(
    `${out} holds a model, but not the end of its run: choose another folder.\n`,
  );
  expect(readFileSync(path.join(out, "metrics.jsonl"), "utf8")).toBe(log);
});

test("a corpus that has changed, or is missing, is refused by name", async () => {
  const other = writeGiven(place("other"));
  appendFileSync(other.corpus, "The cat sees more.\n");
  expect(await refusal(begun, ["--resume"], { ...given, corpus: other.corpus })).toContain("corpus.txt");
  rmSync(other.corpus);
  expect(await refusal(begun, ["--resume"], { ...given, corpus: other.corpus })).toMatch(/^No file matches /);
});

test("how often it is saved may be changed", async () => {
  const { code, err } = await cloze([...pretrainArguments(given, begun), "--resume", "--save-every", "30"]);
  expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
});

test.runIf(process.platform === "linux" && process.getuid?.() === 0)(
  "a full disk is told, and the run goes on when there is room",
  async () => {
    const disk = place("disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
    try {
      const out = path.join(disk, "run");
      expect(await refusal(out, [])).toMatch(
        /cannot be written \(the disk is full, ENOSPC\): make room, then resume/,
      );
      execFileSync("mount", ["-o", "remount,size=30m", disk]);
      const { code, err } = await cloze([...pretrainArguments(given, out), "--resume"]);
      expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
    } finally {
      execFileSync("umount", [disk]);
    }
  },
);
