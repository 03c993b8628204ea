import { describe, expect, test } from "vitest";
import { tinyModel } from "../testing/index.ts";

const bert = tinyModel();
const text = "who is unaffable in paris? ".repeat(10); // some 150 tokens, in windows of at most 62

describe("what is no entity", () => {
  test("is given on request: every token of a text, however long", async () => {
    const { entities } = await bert.tag(text, { aggregation: "none", outside: true });
    const { offsets } = bert.tokenizer.tokenize(text);
    expect(entities.flatMap(({ start, end }) => [start, end])).toEqual([...offsets]);
    const { entities: inside } = await bert.tag(text, { aggregation: "none" });
    expect(inside.length).toBeLessThan(entities.length);
    expect(inside).toEqual(entities.filter(({ label }) => label !== "O"));
  });

  test("is put together like entities", async () => {
    const { entities } = await bert.tag(text, { outside: true });
    expect(entities.map(({ label }) => label)).toContain("O");
    for (const [i, { label }] of entities.entries())
      expect(i > 0 && label === "O" && entities[i - 1].label === "O").toBe(false);
  });
});
