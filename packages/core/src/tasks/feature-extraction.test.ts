import { describe, expect, test } from "vitest";
import { tinyModel } from "../testing/index.ts";

const bert = tinyModel();
const code = (wanted: string, field: string) => expect.objectContaining({ code: wanted, field }) as Error;

test("token vectors say which text each token is of", async () => {
  const { tokens, segments, offsets } = await bert.embed({ text: "a", pair: "is it" }, { pooling: "none" });
  expect(tokens).toEqual(["[CLS]", "a", "[SEP]", "is", "i", "##t", "[SEP]"]);
  expect(segments).toEqual(Int32Array.of(0, 0, 0, 1, 1, 1, 1));
  expect(offsets).toHaveLength(14);
  expect(await bert.embed("a")).not.toHaveProperty("segments");
});

describe("options that are none are refused by name", () => {
  test.each<[string, string, object]>([
    ["layers that are no list", "layers", { layers: "1" }],
    ["layers that are null", "layers", { layers: null }],
    ["layers that are no list, of the pooler", "layers", { layers: 2, pooling: "pooler" }],
    ["a layer that is no number", "layers", { layers: ["1"] }],
    ["weights that are no list", "weights", { weights: "1" }],
    ["a weight that is none", "weights", { weights: [NaN] }],
  ])("%s", async (_, field, options) => {
    await expect(bert.embed("a film", options)).rejects.toThrow(code("invalid-option", field));
  });
});
