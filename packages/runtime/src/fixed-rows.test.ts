import type { Feeds, Session } from "@cloze/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FixedRows } from "./fixed-rows.ts";

/** Takes just so many rows, and gives each row's ids doubled. */
function pickySession(rows: number, tokensPerRun = 512): Session {
  return {
    outputs: ["doubled"],
    tokensPerRun,
    paddedLength: (length) => length,
    async run({ input_ids: { dims, data } }) {
      expect(dims[0]).toBe(rows);
      return { doubled: { type: "float32", dims, data: Float32Array.from(data, (x) => 2 * x) } };
    },
    async [Symbol.asyncDispose]() {},
  };
}

test("any number of rows comes out as if the model took them all", async () => {
  const sizes = fc.record({
    rows: fc.integer({ min: 1, max: 5 }),
    batch: fc.integer({ min: 1, max: 12 }),
    length: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ rows, batch, length }) => {
      const data = Int32Array.from({ length: batch * length }, (_, i) => i);
      const feeds: Feeds = { input_ids: { type: "int32", dims: [batch, length], data } };
      const { doubled } = await new FixedRows(pickySession(rows), rows, length).run(feeds, ["doubled"]);
      expect(doubled.dims).toEqual([batch, length]);
      expect([...doubled.data]).toEqual([...data].map((x) => 2 * x));
    }),
  );
});

test("a model that cannot be padded still gets its rows one by one, and any other as many as it takes", () => {
  expect(new FixedRows(pickySession(2, 1), 2, 24).tokensPerRun).toBe(1);
  expect(new FixedRows(pickySession(2, 8), 2, 24).tokensPerRun).toBe(48);
});
