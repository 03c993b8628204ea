/**
 * A folder as the hub keeps it: config.json and vocabulary at the top, ready variants of one model in `onnx/`.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { collate } from "@cloze/core";
import { dtypes, load } from "@cloze/runtime/node";
import type { DType } from "@cloze/runtime/node";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { fixturePath, readCases, unpack } from "../reference/fixtures.ts";

const hub = fixturePath("foreign/hub");
const cases = readCases("foreign/hub/expected.json");
const file = (dtype: string): string =>
  path.join(hub, "onnx", dtype === "" ? "model.onnx" : `model_${dtype}.onnx`);

/** How far each may be from the model before it was made small: measured on this fixture, and doubled. */
const variants: readonly [DType | undefined, string, number][] = [
  [undefined, "", 1e-4],
  ["fp32", "", 1e-4],
  ["fp16", "fp16", 0.003],
  ["q8", "quantized", 0.07],
  ["int8", "quantized", 0.07],
  ["uint8", "uint8", 0.04],
  ["q4", "q4", 0.2],
  ["q4f16", "q4f16", 0.2],
  ["bnb4", "bnb4", 0.27],
];

test.each(variants)("dtype %s gives what its file gives in ONNX Runtime alone", async (dtype, name, far) => {
  await using bert = await load(hub, { dtype, threads: 1 });
  const raw = await InferenceSession.create(file(name), { intraOpNumThreads: 1, logSeverityLevel: 3 });
  for (const each of cases) {
    const encodings = bert.tokenizer.encodeBatch(each.items);
    const feeds = collate(encodings, each.input_ids[0].length, 0);
    const wide = Object.entries(feeds).map(([input, { data, dims }]) => [
      input,
      new Tensor("int64", BigInt64Array.from(data, BigInt), dims),
    ]);
    const { logits } = await raw.run(Object.fromEntries(wide));
    const { head } = await bert.session.run(feeds, ["head"]);
    const expected = unpack(each.outputs.logits);
    expect(head.data).toEqual(logits.data);
    for (const [i, x] of expected.entries()) expect(Math.abs(head.data[i] - x)).toBeLessThan(far);
  }
  await raw.release();
});

test("every dtype of transformers.js is known", () => {
  expect(new Set(variants.flatMap(([dtype]) => dtype ?? []))).toEqual(new Set(dtypes));
});

test("labels are config.json's", async () => {
  await using bert = await load(hub, { dtype: "q8", threads: 1 });
  expect(["negative", "positive"]).toContain((await bert.classify("the film was good")).label);
});

test("a variant that is not there is refused with those that are", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "cloze-hub-"));
  cpSync(hub, folder, { recursive: true });
  for (const name of ["model_q4.onnx", "model_bnb4.onnx", "model_uint8.onnx", "model.onnx"])
    rmSync(path.join(folder, "onnx", name));
  await expect(load(folder, { dtype: "q4" })).rejects.toThrow(
    `has no model of dtype q4; it has fp16, q8, q4f16.`,
  );
  await expect(load(folder, { dtype: "q5" as DType })).rejects.toThrow("There is no dtype q5");
  rmSync(folder, { recursive: true });
});

test("weights beside the model are found behind links, as the hub's cache has them", async () => {
  const cache = mkdtempSync(path.join(tmpdir(), "cloze-hub-"));
  cpSync(fixturePath("foreign/external"), path.join(cache, "blobs"), { recursive: true });
  mkdirSync(path.join(cache, "snapshots/main/onnx"), { recursive: true });
  for (const name of ["config.json", "vocab.txt"])
    symlinkSync(`../../blobs/${name}`, path.join(cache, "snapshots/main", name));
  for (const name of ["model.onnx", "model.onnx_data"])
    symlinkSync(`../../../blobs/${name}`, path.join(cache, "snapshots/main/onnx", name));
  await using bert = await load(path.join(cache, "snapshots/main"), { threads: 1 });
  await using plain = await load(fixturePath("foreign/external/model.onnx"), { threads: 1 });
  expect(await bert.tag("the cat in Paris")).toEqual(await plain.tag("the cat in Paris"));
  rmSync(cache, { recursive: true });
});

test("without a dtype, safetensors are preferred", async () => {
  await using bert = await load(fixturePath("checkpoints/erf"), { threads: 1 });
  expect(bert.session.outputs).toContain("mean.0"); // no file of another tool gives the embeddings
});
