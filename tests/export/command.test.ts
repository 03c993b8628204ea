/**
 * `cloze export`: what it prints, what it measures, and what it refuses.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { cloze, main } from "../cli/cloze.ts";
import { fixturePath } from "../reference/fixtures.ts";

const root = mkdtempSync(path.join(tmpdir(), "cloze-export-command-"));
afterAll(() => rmSync(root, { recursive: true }));
const erf = fixturePath("checkpoints/erf");

test("a head of the starter, measured on its own examples and on a data set", async () => {
  const data = path.join(root, "dev.tsv");
  writeFileSync(
    data,
    "text\tlabel\na warm , funny film\tpositive\nfar too long\tnegative\nit is dull\tpositive\n",
  );
  const out = path.join(root, "sentiment");
  const argv = ["export", "--onnx", "--plugin", "sentiment", "--precision", "int8", "--verify", "--out", out];
  const result = await cloze([...argv, "--task", "classify", "--data", data, "--json", "--threads", "1"]);
  expect(result.err).toBe("");
  expect(result.code).toBe(0);
  expect(result.json()).toEqual([
    {
      out,
      file: "onnx/model_int8.onnx",
      precision: "int8",
      bytes: expect.any(Number) as number,
      plugin: "sentiment",
      architecture: "BertForSequenceClassification",
      task: "text-classification",
      verification: {
        texts: 12,
        difference: expect.any(Number) as number,
        share: expect.any(Number) as number,
        limit: 0.2,
        agreement: 1,
        metric: { name: "accuracy", data: "dev.tsv", fp32: 2 / 3, exported: 2 / 3 },
      },
    },
  ]);
  const card = readFileSync(path.join(out, "README.md"), "utf8");
  expect(card).toContain("# cloze-starter as ONNX");
  expect(card).toContain("accuracy 0.6667, float32 0.6667 (dev.tsv)");
});

test.each([
  ["span", "answers", 9],
  ["token", "entities", 11],
  ["masked words", "masked-lm", 10],
  ["next sentence", "next-sentence", 8],
  ["both that it was pre-trained with", "pretraining", 10],
  ["none", "none", 10],
])("fp32 is our own session's to 0.0001 of the range, %s", async (_, plugin, texts) => {
  const out = path.join(root, plugin);
  const result = await cloze(["export", "--onnx", "--plugin", plugin, "--verify", "--out", out, "--json"]);
  const [{ verification }] = result.json() as [
    { verification: { texts: number; difference: number; share: number; agreement?: number } },
  ];
  expect(verification.texts).toBe(texts);
  expect(verification.difference).toBeLessThan(1e-4);
  expect(verification.share).toBeLessThan(1e-4);
  if (plugin !== "none") expect(verification.agreement).toBe(1);
});

test("too far from float32: refused with the figure, and nothing is written, unless it is forced", async () => {
  const out = path.join(root, "erf");
  const argv = ["export", "--onnx", "--model", erf, "--precision", "int4", "--verify", "--out", out];
  const refused = await cloze([...argv, "--limit", "0.001"]);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(
    /^In int4 a logit is off by [\d.]+, which is [\d.]+ % of the logits' range where 0\.1 % may be/,
  );
  expect(existsSync(out)).toBe(false);
  const forced = await cloze([...argv, "--limit", "0.001", "--force"]);
  expect(forced.code).toBe(0);
  expect(forced.out).toMatch(/onnx\/model_q4\.onnx: BertForSequenceClassification with head, int4/);
  expect(forced.out).toContain("(limit 0.1 %)");
});

test("a dry run says what would be written, and writes nothing", async () => {
  const out = path.join(root, "dry");
  const result = await cloze(["export", "--onnx", "--model", erf, "--out", out, "--dry-run", "--json"]);
  expect(result.json()).toEqual([
    expect.objectContaining({
      file: "onnx/model.onnx",
      dryRun: true,
      architecture: "BertForSequenceClassification",
    }),
  ]);
  expect(existsSync(out)).toBe(false);
});

test.each([
  ["nothing says in what form", ["--out", "x"], "--onnx"],
  ["a limit without a measurement", ["--onnx", "--out", "x", "--limit", "1"], "--limit goes with --verify"],
  ["a data set without its task", ["--onnx", "--out", "x", "--verify", "--data", "d"], "--data needs --task"],
  [
    "a task without its data set",
    ["--onnx", "--out", "x", "--verify", "--task", "tag"],
    "--task goes with --data",
  ],
  [
    "a data set that is not there",
    ["--onnx", "--out", "x", "--verify", "--task", "tag", "--data", "none.conll"],
    "none.conll cannot be read: there is no such file",
  ],
  [
    "a task of another head",
    ["--onnx", "--out", "x", "--model", erf, "--verify", "--task", "squad", "--data", main],
    "--task squad is for a head of kind span, but head is of kind sequence",
  ],
  ["an export", ["--onnx", "--out", "x", "--model", "y/model.onnx"], "y/model.onnx is exported already"],
  ["a head that is not there", ["--onnx", "--out", "x", "--plugin", "moods"], "There is no head named moods"],
  ["a precision that there is not", ["--onnx", "--out", "x", "--precision", "int2"], "Allowed choices are"],
])("%s: exit code 2", async (_, argv, message) => {
  const result = await cloze(["export", ...argv]);
  expect(result.err).toContain(message);
  expect(result.code).toBe(2);
});
