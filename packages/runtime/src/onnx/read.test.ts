import { describe, expect, test } from "vitest";
import { MemoryFiles } from "../files/memory.ts";
import { readOnnx } from "./read.ts";
import { encodeModel } from "./wire.ts";

const FLOATS = 100_000; // more than is read at once

const parts = encodeModel({
  opset: 17,
  irVersion: 9,
  nodes: [
    { operator: "Gather", inputs: ["table", "input_ids"], outputs: ["rows"], attributes: { axis: 0 } },
    { operator: "Identity", inputs: ["rows"], outputs: ["logits"] },
  ],
  initializers: [
    { name: "table", type: "F32", dims: [FLOATS / 4, 4], data: new Uint8Array(4 * FLOATS).fill(0xff) },
    {
      name: "far",
      type: "F16",
      dims: [2, 3],
      data: { location: "model.onnx_data", offset: 4096, length: 12 },
    },
  ],
  inputs: [
    { name: "input_ids", type: "I64", dims: ["batch", 8] },
    { name: "table", type: "F32", dims: [FLOATS / 4, 4] }, // as files of IR version 3 list their weights
  ],
  outputs: [{ name: "logits", type: "F32", dims: ["batch", 8, 4] }],
});

const model = new Uint8Array(Buffer.concat(parts.filter((part) => part instanceof Uint8Array)));

const read = (bytes: Uint8Array<ArrayBuffer>) =>
  readOnnx(new MemoryFiles(new Map([["model.onnx", bytes]])), "model.onnx", bytes.length);

describe("the structure of an ONNX file", () => {
  test("is what was written", async () => {
    expect(await read(model)).toEqual({
      irVersion: 9,
      opsets: new Map([["", 17]]),
      inputs: [{ name: "input_ids", type: "int64", dims: ["batch", 8] }],
      outputs: [{ name: "logits", type: "float32", dims: ["batch", 8, 4] }],
      nodes: [
        { domain: "", operator: "Gather", inputs: ["table", "input_ids"], outputs: ["rows"] },
        { domain: "", operator: "Identity", inputs: ["rows"], outputs: ["logits"] },
      ],
      functions: new Set(),
      initializers: new Map([
        ["table", { dims: [FLOATS / 4, 4], location: undefined }],
        ["far", { dims: [2, 3], location: "model.onnx_data" }],
      ]),
    });
  });

  test("is read without the weights", async () => {
    let bytes = 0;
    const files = new MemoryFiles(new Map([["model.onnx", model]]));
    const counted = {
      location: files.location,
      list: () => files.list(),
      hash: (path: string) => files.hash(path),
      read(path: string, range?: { offset: number; length: number }) {
        bytes += range?.length ?? model.length;
        return files.read(path, range);
      },
    };
    await readOnnx(counted, "model.onnx", model.length);
    expect(bytes).toBeLessThan(model.length / 2);
  });

  test("is refused where the file ends too early", async () => {
    for (const size of [0, 1, 2, 9, 50, 1000, 4 * FLOATS, model.length - 10])
      await expect(read(model.slice(0, size)), String(size)).rejects.toThrow(
        expect.objectContaining({ code: "invalid-model" }),
      );
  });

  test("is refused where the file is of another kind", async () => {
    for (const text of ["{}", "<html></html>", "\x80\x02}q\x00"])
      await expect(read(new TextEncoder().encode(text)), text).rejects.toThrow("damaged or no ONNX file");
  });
});
