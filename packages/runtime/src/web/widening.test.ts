import type { Graph } from "@cloze/core";
import { expect, test } from "vitest";
import type { StoredTensor } from "../safetensors.ts";
import { planWidening, widenWeights } from "./widening.ts";

const FILE = "model.safetensors";
const stored = (dtype: StoredTensor["dtype"], offset: number, bytes: number): StoredTensor => ({
  file: FILE,
  dtype,
  shape: [2],
  offset,
  bytes,
});
const tensors = new Map([
  ["half", stored("F16", 1, 4)], // at an odd place
  ["brain", stored("BF16", 5, 4)],
  ["single", stored("F32", 9, 8)],
  ["other", stored("F16", 1, 4)], // of another graph
]);
const graph = {
  parameters: ["half", "brain", "single"].map((name) => ({ source: { kind: "parameter", name } })),
} as unknown as Graph;
// 1 and -2 in f16, 1 and 3 in bf16.
const data = Uint8Array.from([0, 0x00, 0x3c, 0x00, 0xc0, 0x80, 0x3f, 0x40, 0x40, 0, 0, 0, 0, 0, 0, 0, 0]);
const files = [{ path: FILE, data }];

test("what a graph reads in narrower types lies in one more file, in float32", () => {
  const plan = planWidening(graph, tensors, ["F16", "BF16"]);
  const [first, second] = widenWeights(files, plan.widened);
  expect(first).toBe(files[0]);
  expect(new Float32Array(second.data.buffer)).toEqual(Float32Array.of(1, -2, 1, 3));
  expect(plan.tensors.get("half")).toMatchObject({ file: second.path, dtype: "F32", offset: 0, bytes: 8 });
  expect(plan.tensors.get("brain")).toMatchObject({ file: second.path, dtype: "F32", offset: 8, bytes: 8 });
  for (const name of ["single", "other"]) expect(plan.tensors.get(name)).toBe(tensors.get(name));
});

test("where all is in the type that is computed in there is no other file", () => {
  const { widened } = planWidening(graph, new Map([["single", tensors.get("single")!]]), ["F16", "BF16"]);
  expect(widenWeights(files, widened)).toBe(files);
});
