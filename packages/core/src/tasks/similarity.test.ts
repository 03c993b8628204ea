import { describe, expect, test } from "vitest";
import { tinyModel } from "../testing/index.ts";

const bert = tinyModel();
const long = "a film ".repeat(100);

test("a text that was cut says so, and all do where the one that they are compared with was", async () => {
  const found = await bert.similar("a film", ["paris", long]);
  expect(Object.fromEntries(found.map(({ index, truncated }) => [index, truncated]))).toEqual({ 1: true });
  expect((await bert.similar(long, ["paris", "a film"])).map(({ truncated }) => truncated)).toEqual([
    true,
    true,
  ]);
});

describe("what cannot be compared is refused by name", () => {
  const similar = bert.similar.bind(bert) as (...given: unknown[]) => Promise<unknown>;

  test.each<[string, string, unknown[]]>([
    ["no texts", "texts", ["a"]],
    ["one text in place of a list", "texts", ["a", "abc"]],
    ["a text that is none", "texts[1]", ["a", ["b", null]]],
    ["a number", "query", [5, ["a"]]],
    ["nothing", "query", [null, ["a"]]],
    ["an object without a text", "query.text", [{}, ["a"]]],
    ["token vectors", "pooling", ["a", ["b"], { pooling: "none" }]],
  ])("%s", async (_, field, given) => {
    await expect(similar(...given)).rejects.toThrow(expect.objectContaining({ name: "ClozeError", field }));
  });
});
