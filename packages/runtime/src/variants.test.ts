import { describe, expect, test } from "vitest";
import { MemoryFiles } from "./files/memory.ts";
import { chooseVariant } from "./variants.ts";
import type { DType } from "./variants.ts";

const choose = (names: readonly string[], dtype?: DType) =>
  chooseVariant(new MemoryFiles(new Map(names.map((name) => [name, new Uint8Array()]))), dtype);

describe("the file for a dtype", () => {
  test("is in onnx/, else beside config.json", async () => {
    expect(await choose(["onnx/model_q4.onnx", "model_q4.onnx"], "q4")).toBe("onnx/model_q4.onnx");
    expect(await choose(["model_q4.onnx"], "q4")).toBe("model_q4.onnx");
  });

  test("is the safetensors where fp32 or nothing was asked for, and they are there", async () => {
    for (const weights of ["model.safetensors", "model.safetensors.index.json"])
      for (const dtype of [undefined, "fp32"] as const)
        expect(await choose([weights, "onnx/model.onnx"], dtype)).toBeUndefined();
    expect(await choose(["onnx/model.onnx"])).toBe("onnx/model.onnx");
    expect(await choose(["config.json"])).toBeUndefined(); // who opens the folder says what it lacks
  });

  test("of eight bits goes by two names", async () => {
    expect(await choose(["onnx/model_quantized.onnx"], "int8")).toBe("onnx/model_quantized.onnx");
    expect(await choose(["onnx/model_int8.onnx"], "q8")).toBe("onnx/model_int8.onnx");
    expect(await choose(["onnx/model_int8.onnx", "onnx/model_quantized.onnx"], "int8")).toBe(
      "onnx/model_int8.onnx",
    );
  });
});
