/** `cloze inspect` as a shell runs it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openFolder, planExport } from "@cloze/runtime/node";
import type { Precision } from "@cloze/runtime/node";
import { afterAll, expect, test } from "vitest";
import { starter } from "../starter.ts";
import { cloze } from "./cloze.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "cloze-inspect-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface About {
  readonly memory: Record<Precision, number>;
  readonly flops: { perToken: { linear: number; attention: number; total: number }; perText: number };
  readonly plugins: { name: string; parameters: number; flops: number; runs: boolean; missing?: string[] }[];
  readonly tensors: { name: string; shape: number[]; dtype: string; used: boolean }[];
}

async function inspect(...argv: string[]): Promise<About> {
  const result = await cloze(["inspect", ...argv, "--json"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  return result.json()[0] as About;
}

test("the starter's parts, heads and labels", async () => {
  expect(await inspect()).toMatchObject({
    name: "cloze-starter",
    architecture: "BertForPreTraining",
    parameters: { total: 22_713_216 },
    weights: [{ dtype: "F16" }],
    plugins: [
      { name: "masked-lm", kind: "masked-lm", labels: [], runs: true },
      { name: "next-sentence", kind: "next-sentence", labels: ["next", "random"], runs: true },
      { name: "answers", kind: "span", labels: ["start", "end"], parameters: 2 * 384 + 2, runs: true },
      { name: "entities", kind: "token", parameters: 9 * 384 + 9, flops: 2 * 9 * 384, runs: true },
      { name: "sentiment", kind: "sequence", labels: ["negative", "positive"], runs: true },
    ],
  });
});

test("the operations of a head on masked words are those of its transform and of the vocabulary", async () => {
  const [head] = (await inspect()).plugins;
  expect(head.parameters).toBe(384 ** 2 + 3 * 384 + 30522); // the decoder is the word embeddings
  expect(head.flops).toBe(2 * (384 ** 2 + 384 * 30522));
});

const base = async (...argv: string[]) => (await inspect("--preset", "base", ...argv)).flops;

test("operations are counted at a length", async () => {
  expect(await base()).toEqual({
    length: 128,
    perToken: { linear: 169_869_312, attention: 4_718_592, total: 174_587_904 },
    perText: 128 * 174_587_904,
  });
  expect(await base("--length", "512")).toMatchObject({
    length: 512,
    perToken: { attention: 4 * 4_718_592 },
  });
  expect(await cloze(["inspect", "--length", "513"])).toMatchObject({
    code: 2,
    err: "A length of 513 tokens is out of range: this model takes 512.\n",
  });
});

test("memory is what an export of the same parts weighs, within the hundredth that its graph takes", async () => {
  const { memory } = await inspect();
  const model = await openFolder(starter);
  for (const precision of ["fp32", "fp16", "int8", "int4"] as const) {
    const { bytes } = planExport(model, { plugin: "pretraining", precision });
    expect(memory[precision] / bytes).toBeGreaterThan(0.99);
    expect(memory[precision] / bytes).toBeLessThan(1.01);
  }
});

test("--tensors lists every parameter with shape and type, and says what is not used", async () => {
  const { tensors } = await inspect(fixture("checkpoints/no-prefix"), "--tensors");
  expect(tensors).toHaveLength(26);
  const pooler = { name: "bert.pooler.dense.weight", shape: [16, 16], dtype: "F32", bytes: 1024, used: true };
  expect(tensors).toContainEqual(pooler);
  expect(tensors.filter(({ used }) => !used).map(({ name }) => name)).toEqual([
    "bert.embeddings.position_ids",
  ]);
  expect(await inspect()).not.toHaveProperty("tensors");
  const { out } = await cloze(["inspect", fixture("checkpoints/no-prefix"), "--tensors"]);
  expect(out).toMatch(/\n {2}bert\.embeddings\.position_ids +1 × 64 {2}I64 {2}not used\n/);
  expect(out).toMatch(/\n {2}classifier\.weight +3 × 16 {2}F32\n/);
});

test("a preset has tensors without a type", async () => {
  const { tensors } = await inspect("--preset", "tiny", "--tensors");
  expect(tensors).toContainEqual({ name: "bert.embeddings.word_embeddings.weight", shape: [30522, 128] });
});

test("a head whose parameters are not there does not run, and says what it lacks", async () => {
  const model = path.join(folder, "lacking");
  cpSync(fixture("checkpoints/no-prefix"), model, { recursive: true });
  const config = path.join(model, "config.json");
  const json = readFileSync(config, "utf8");
  writeFileSync(config, json.replace("BertForSequenceClassification", "BertForNextSentencePrediction"));
  expect((await inspect(model)).plugins).toMatchObject([
    { name: "head", runs: false, missing: ["cls.seq_relationship.weight", "cls.seq_relationship.bias"] },
  ]);
  const { out } = await cloze(["inspect", model]);
  expect(out).toContain("lacks cls.seq_relationship.weight and 1 more");
});

test("an .onnx file shows what it takes and gives", async () => {
  const model = path.join(fixture("foreign/span"), "model.onnx");
  expect(await inspect(model)).toMatchObject({
    name: model,
    architecture: "BertForQuestionAnswering",
    inputs: ["input_ids", "attention_mask", "token_type_ids"],
    outputs: ["start_logits", "end_logits"],
    plugins: [{ name: "head", kind: "span" }],
  });
  expect((await cloze(["inspect", model])).out).toContain("Outputs    start_logits, end_logits\n");
  expect(await cloze(["inspect", model, "--tensors"])).toMatchObject({
    code: 2,
    err: "--tensors lists what a model folder has: give one.\n",
  });
});
