/**
 * The graphs for WebGPU, with fewer nodes than the portable one and in half precision too, computed by ONNX Runtime on
 * this CPU: they say the same of every length, whoever computes them.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { graphsOf, openFolder } from "../../packages/runtime/src/folder.ts";
import { NodeFiles } from "../../packages/runtime/src/files/node.ts";
import { toOnnx } from "../../packages/runtime/src/onnx/emit.ts";
import { webgpu } from "../../packages/runtime/src/onnx/profiles.ts";
import { difference, probeFeeds } from "../../packages/runtime/src/web/probe.ts";
import type { Feeds } from "@cloze/core";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { starter } from "../starter.ts";

const folder = await openFolder(new NodeFiles(starter));
const { model } = graphsOf(folder);
const { vocabularySize, maxPositions: maxLength } = folder.config;
const outputs = ["sentiment", "entities", "answers", "mean.6", "pooler_output"];
const weights = [...new Set([...folder.tensors.values()].map(({ file }) => file))].map((file) => ({
  path: file,
  data: readFileSync(path.join(starter, file)),
}));
const open = (profile?: typeof webgpu, compute?: "F32" | "F16") =>
  InferenceSession.create(toOnnx(model, folder.tensors, profile, compute), {
    externalData: weights,
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
const portable = await open();
afterAll(() => portable.release());

async function run(session: InferenceSession, feeds: Feeds) {
  const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
    name,
    type === "int32" ? new Tensor("int32", data, dims) : new Tensor("float32", data, dims),
  ]);
  const found = await session.run(Object.fromEntries(tensors) as Record<string, Tensor>, outputs);
  return Object.fromEntries(
    outputs.map((name) => {
      const { data, dims } = found[name];
      return [name, { type: "float32" as const, data: data as Float32Array, dims }];
    }),
  );
}

/** The chance of the first of two labels. */
const chances = (logits: Float32Array) =>
  Array.from({ length: logits.length / 2 }, (_, i) => 1 / (1 + Math.exp(logits[2 * i + 1] - logits[2 * i])));

const words =
  "a warm , funny film about people who meet in Paris , and yet it is far too long and nobody in it seems to care ; " +
  "the second half is dull where the first was bright , but the music saves what the story forgets to tell . ";
/** Its rows, each from another word on. */
function textFeeds(batch: number, length: number): Feeds {
  const dims = [batch, length];
  const rows = Array.from({ length: batch }, (_, row) => {
    const text = words
      .repeat(6)
      .split(" ")
      .slice(5 * row)
      .join(" ");
    return [...folder.tokenizer.encode(text, { maxLength: length }).ids];
  });
  const random = probeFeeds({ outputs, vocabularySize, maxLength }, batch, length);
  return { ...random, input_ids: { type: "int32", dims, data: Int32Array.from(rows.flat()) } };
}

/** The largest difference of all numbers, as a share, and of probabilities. */
async function compare(compute: "F32" | "F16", all: readonly Feeds[]) {
  const session = await open(webgpu, compute);
  let [apart, unsure] = [0, 0];
  for (const feeds of all) {
    const [found, expected] = [await run(session, feeds), await run(portable, feeds)];
    apart = Math.max(apart, difference({ ms: 0, results: [found] }, { ms: 0, results: [expected] }));
    const [ours, theirs] = [chances(found.sentiment.data), chances(expected.sentiment.data)];
    unsure = Math.max(unsure, ...ours.map((each, i) => Math.abs(each - theirs[i])));
  }
  await session.release();
  console.log(
    `${compute}: ${apart.toExponential(1)} of the greatest number, ${unsure.toExponential(1)} of a probability`,
  );
  return { apart, unsure };
}

test("in float32 every length and batch is answered as on a CPU", async () => {
  const shapes = [1, 2, 7, 16, 31, 32, 33, 64, 100, 128, 512].map((length) => [length > 64 ? 1 : 3, length]);
  const all = shapes.map(([batch, length]) =>
    probeFeeds({ outputs, vocabularySize, maxLength }, batch, length),
  );
  const { apart, unsure } = await compare("F32", all);
  expect(apart).toBeLessThan(1e-4);
  expect(unsure).toBeLessThan(1e-4);
});

test("in half precision texts are answered nearly so", async () => {
  const all = [6, 12, 20, 32, 48, 64, 128].map((length) => textFeeds(length > 64 ? 1 : 4, length));
  const { apart, unsure } = await compare("F16", all);
  expect(apart).toBeLessThan(1e-2);
  expect(unsure).toBeLessThan(2e-3); // texts that are cut in the middle, of which the model is unsure
});
