/**
 * What `cloze pretrain` leaves: a model that Cloze and transformers load, for each objective and each beginning.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openFolder } from "@cloze/runtime/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";
import { pythonWith } from "../reference/python.ts";
import { pretrainArguments, writeGiven } from "./given.ts";
import type { Given } from "./given.ts";

let scratch: string;
let given: Given;
beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), "cloze-pretrained-"));
  given = writeGiven(path.join(scratch, "given"));
  for (const [name, more] of Object.entries(runs)) {
    const { code, err } = await cloze([...pretrainArguments(given, place(name)), ...more]);
    expect({ name, code, err }).toEqual({ name, code: 0, err: expect.any(String) });
  }
});
afterAll(() => rmSync(scratch, { recursive: true }));

const runs = {
  pairs: [],
  words: (
    "--objective mlm --whole-word --dropout 0 --steps 300 --batch 32 --rate 5e-3 --length 32 " +
    "--long-length 32 --save-every 150 --evaluate-every 150"
  ).split(" "),
  rare: ["--mask", "rare", "--optimizer", "bertAdam", "--steps", "20", "--threads", "1"],
  left: ["--objective", "ltr"],
};
const place = (name: string): string => path.join(scratch, name);
const read = (name: string, file: string): string => readFileSync(path.join(place(name), file), "utf8");
const lines = (name: string) =>
  read(name, "metrics.jsonl")
    .trimEnd()
    .split("\n")
    .map(
      (line) => JSON.parse(line) as { readonly step: number; readonly evaluation?: Record<string, number> },
    );

test("the folder is whole, and the tokens of the corpus are gone", () => {
  expect(readdirSync(place("pairs")).toSorted()).toEqual([
    "README.md",
    "checkpoints",
    "config.json",
    "manifest.json",
    "metrics.jsonl",
    "model.safetensors",
    "report.html",
    "tokenizer_config.json",
    "vocab.txt",
  ]);
  const kept = readdirSync(path.join(place("pairs"), "checkpoints"));
  expect(kept).toContain("step-000120");
  expect([2, 3]).toContain(kept.length); // --keep 2, and the best
});

test.each(["words", "left"])("%s: the loss falls under the unigram entropy on held-out texts", (name) => {
  const losses = lines(name).flatMap(({ evaluation }) => evaluation?.maskedLmLoss ?? []);
  const entropy = Number(/unigram entropy ([\d.]+)/.exec(read(name, "README.md"))![1]);
  expect(losses.at(-1)).toBeLessThan(entropy - 0.3);
});

/** The tokens of all updates up to one. */
const tokensUntil = (step: number): number =>
  Math.max(
    ...lines("pairs").flatMap((line) => ("tokens" in line && line.step <= step ? [Number(line.tokens)] : [])),
  );

test("the last tenth of the steps is long", () => {
  expect((tokensUntil(120) - tokensUntil(108)) / 12).toBeGreaterThan(8 * 32); // 8 rows of more than 32 tokens
});

test("Cloze loads it: it fills masks, and judges pairs", async () => {
  const filled = await cloze(["fill", "--model", place("pairs"), "the [MASK] sees", "--json"]);
  expect(filled.code).toBe(0);
  const next = await cloze(["next", "--model", place("pairs"), "the cat sees.", "the dog likes.", "--json"]);
  expect(next.code).toBe(0);
  expect((await cloze(["next", "--model", place("words"), "a", "b"])).code).not.toBe(0);
});

/** Measures the masked words of the corpus. */
async function measure(seed: string): Promise<Record<string, number>> {
  const argv = ["evaluate", "--task", "fill", "--model", place("words"), "--data", given.corpus];
  const { code, out } = await cloze([...argv, "--seed", seed, "--length", "32", "--json"]);
  expect(code).toBe(0);
  const { seconds: _, ...metrics } = JSON.parse(out) as Record<string, number>;
  return metrics;
}

test("its masked words are measured on plain texts, the same by the same seed", async () => {
  const first = await measure("1");
  expect(first).toEqual(await measure("1"));
  expect(first).not.toEqual(await measure("2"));
  expect(first.perplexity).toBeCloseTo(Math.exp(first.loss), 6);
  expect(first.perplexity).toBeLessThan(17);
});

test("the card names the corpus and its hash, the report shows mistakes, the manifest the command", () => {
  expect(read("pairs", "README.md")).toMatch(/\| corpus\.txt \| \d+ \| `[0-9a-f]{64}` \|/);
  expect(read("pairs", "report.html")).toMatch(/Examples of mistakes.*five best/s);
  const { command, options } = JSON.parse(read("pairs", "manifest.json")) as {
    readonly command: string;
    readonly options: Record<string, unknown>;
  };
  expect(command).toMatch(/^cloze pretrain --corpus .*--out /);
  expect(options).toMatchObject({ objective: "mlm+nsp", longLength: 48, longSteps: 12, optimizer: "adamW" });
});

test("a checkpoint is continued with its own vocabulary, heads that it lacks being new", async () => {
  const argv = [
    "pretrain",
    "--corpus",
    given.corpus,
    "--from",
    place("words"),
    "--steps",
    "1",
    "--batch",
    "2",
  ];
  const { code, err } = await cloze([...argv, "--rate", "0", "--length", "32", "--out", place("on")]);
  expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("New, since the model lacks them") });
  expect(err).toMatch(/lacks them: bert\.pooler\.dense\.weight, .*cls\.seq_relationship\.bias\./);
  expect(read("on", "vocab.txt")).toBe(read("words", "vocab.txt"));
  const bytesOf = async (name: string): Promise<Uint8Array> => {
    const { files, tensors } = await openFolder(place(name));
    const { file, offset, bytes } = tensors.get("bert.encoder.layer.1.output.dense.weight")!;
    return new Uint8Array(readFileSync(path.join(files.location, file))).subarray(offset, offset + bytes);
  };
  expect(await bytesOf("on")).toEqual(await bytesOf("words")); // at a rate of 0
});

test("a dry run tells what it would take, and writes nothing", async () => {
  const { code, out } = await cloze([...pretrainArguments(given, place("dry")), "--dry-run", "--json"]);
  expect(code).toBe(0);
  const plan = JSON.parse(out) as Record<string, number>;
  expect(plan.parameters).toBeGreaterThan(10_000);
  expect(plan.tokens).toBe(8 * (108 * 32 + 12 * 48));
  expect(plan.seconds).toBeGreaterThan(0);
  expect(existsSync(place("dry"))).toBe(false);
});

const python = pythonWith("torch", "transformers");
test.runIf(python !== undefined)("transformers loads each without a key too many or too few", () => {
  const program = `
import sys
from transformers import BertForMaskedLM, BertForPreTraining, BertTokenizerFast
for name, folder in (pair.split("=", 1) for pair in sys.argv[1:]):
    cls = {"pairs": BertForPreTraining, "words": BertForMaskedLM, "left": BertForMaskedLM}[name]
    model, info = cls.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    assert len(BertTokenizerFast.from_pretrained(folder)) == model.config.vocab_size
`;
  const folders = ["pairs", "words", "left"].map((name) => `${name}=${place(name)}`);
  const { status, stderr } = spawnSync(python!, ["-c", program, ...folders], { encoding: "utf8" });
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
});
