import type { Feeds } from "@cloze/core";
import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { bindTensors, toFloats, toTensors } from "./tensors.ts";

const dims = [2, 3];
const feeds: Feeds = {
  input_ids: { type: "int32", dims, data: Int32Array.of(101, 70_000, 102, 5, 6, 0) },
  token_type_ids: { type: "int32", dims, data: Int32Array.of(0, 0, 1, 0, 1, 0) },
  attention_mask: { type: "float32", dims, data: Float32Array.of(1, 1, 1, 1, 1, 0) },
};

describe("a model of our own", () => {
  test("is fed what it declares, and no more", () => {
    expect(Object.keys(toTensors(Tensor, ["input_ids", "attention_mask"], feeds))).toEqual([
      "input_ids",
      "attention_mask",
    ]);
  });

  test.each([undefined, 0])(
    "is never fed no masked position, for that kills the process (%s masks)",
    (masks) => {
      const given: Feeds =
        masks === undefined
          ? feeds
          : { ...feeds, masked_positions: { type: "int32", dims: [2, masks], data: new Int32Array() } };
      const { masked_positions: positions } = toTensors(Tensor, ["masked_positions"], given);
      expect(positions.dims).toEqual([2, 1]);
      expect([...(positions.data as Int32Array)]).toEqual([0, 0]);
    },
  );
});

const bind = (
  type: "int64" | "int32" | "float32" | "float16" | "bool",
  feed: keyof typeof feeds,
  choices?: number,
) =>
  bindTensors(
    Tensor,
    {
      inputs: [{ name: "x", feed: feed as "input_ids", type }],
      choices,
    },
    feeds,
  ).x;

describe("a model of another tool", () => {
  test("is fed in its own types", () => {
    expect([...(bind("int64", "input_ids").data as BigInt64Array)]).toEqual([
      101n,
      70_000n,
      102n,
      5n,
      6n,
      0n,
    ]);
    expect([...(bind("int32", "attention_mask").data as Int32Array)]).toEqual([1, 1, 1, 1, 1, 0]);
    expect([...(bind("bool", "attention_mask").data as Uint8Array)]).toEqual([1, 1, 1, 1, 1, 0]);
    expect([...toFloats("x", bind("float16", "attention_mask")).data]).toEqual([1, 1, 1, 1, 1, 0]);
    expect([...(bind("int64", "position_ids").data as BigInt64Array)]).toEqual([0n, 1n, 2n, 0n, 1n, 2n]);
  });

  test("for multiple choice is fed rows of choices", () => {
    expect(bind("int64", "input_ids", 1).dims).toEqual([2, 1, 3]);
    expect(bind("int64", "input_ids", 2).dims).toEqual([1, 2, 3]);
  });
});

test("outputs of another type than numbers in floating point are refused by name", () => {
  expect(() => toFloats("labels", new Tensor("int64", BigInt64Array.of(1n), [1]))).toThrow(
    "labels is of type int64",
  );
});
