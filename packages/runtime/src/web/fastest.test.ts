import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { candidatesOf, VERSION } from "./fastest.ts";
import { difference } from "./probe.ts";

const card = {
  vendor: "a",
  architecture: "b",
  device: "c",
  description: "a card",
  halfPrecision: true,
  software: false,
};
const plain = { ...card, halfPrecision: false };
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

const probed = (...numbers: number[][]) => ({
  ms: 1,
  results: numbers.map((data) => ({
    x: { type: "float32" as const, dims: [data.length], data: Float32Array.from(data) },
  })),
});

test("what may be taken depends on what was asked for, and on the card", () => {
  expect(candidatesOf("auto", "auto", card)).toEqual(["webgpu-fp16", "webgpu", "wasm"]);
  expect(candidatesOf("auto", "fp32", card)).toEqual(["webgpu", "wasm"]);
  expect(candidatesOf("auto", "fp16", card)).toEqual(["webgpu-fp16", "wasm"]);
  expect(candidatesOf("auto", "fp16", plain)).toEqual(["webgpu", "wasm"]);
  expect(candidatesOf("auto", "auto", undefined)).toEqual(["wasm"]);
  expect(candidatesOf("webgpu", "auto", card)).toEqual(["webgpu-fp16", "webgpu"]);
  expect(candidatesOf("webgpu", "fp32", card)).toEqual(["webgpu"]);
  expect(candidatesOf("wasm", "fp16", undefined)).toEqual(["wasm"]);
});

test("half precision that a card lacks is refused where WebGPU was asked for; a precision there is not, always", () => {
  expect(() => candidatesOf("webgpu", "fp16", plain)).toThrow(code("unsupported"));
  expect(() => candidatesOf("auto", "int3" as "fp16", card)).toThrow(code("invalid-option"));
});

test("what was measured with another version of the package is not taken for this one's", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(VERSION).toBe(version);
});

test("the difference of two probes is a share of each output's greatest number, and without end for what is none", () => {
  expect(difference(probed([1, -4]), probed([1, -4]))).toBe(0);
  expect(difference(probed([1, -5], [10, 0]), probed([1, -4], [10, 0]))).toBe(0.25);
  expect(difference(probed([NaN, -4]), probed([1, -4]))).toBe(Infinity);
  expect(difference(probed([Infinity, -4]), probed([1, -4]))).toBe(Infinity);
  expect(difference(probed([0]), probed([0]))).toBe(0);
});
