/**
 * Entities are those of Hugging Face's token-classification pipeline, in all five aggregations, and a long text has
 * the same ones as its parts.
 */
import { readFileSync } from "node:fs";
import type { Aggregation, Entity } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { afterAll, expect, test } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";

const bert = await load(starter);
afterAll(() => bert[Symbol.asyncDispose]());

const { texts, aggregations } = JSON.parse(readFileSync(fixturePath("starter/entities.json"), "utf8")) as {
  readonly texts: readonly string[];
  readonly aggregations: Readonly<Record<Aggregation, readonly (readonly Omit<Entity, "text">[])[]>>;
};

test.each(Object.keys(aggregations) as Aggregation[])("aggregation %s", async (aggregation) => {
  const results = await bert.tag(texts, { aggregation, maxLength: 512 }); // the pipeline reads no windows
  for (const [i, { entities }] of results.entries()) {
    const expected = aggregations[aggregation][i];
    expect(entities.map(({ label, start, end }) => ({ label, start, end }))).toEqual(
      expected.map(({ label, start, end }) => ({ label, start, end })),
    );
    for (const [n, { start, end, text, score }] of entities.entries()) {
      expect(text).toBe(texts[i].slice(start, end));
      expect(score).toBeCloseTo(expected[n].score, 4);
    }
  }
});

test("a long text is read in windows, and every entity is a slice of it with no word torn", async () => {
  const text = `${texts[0]} ${"The river was quiet that year and nobody came. ".repeat(60)}${texts[5]}`;
  const { entities } = await bert.tag(text);
  const found = entities.map((entity) => entity.text);
  expect(found).toContain("Anton Chekhov");
  expect(found.some((name) => name.includes("MERKEL"))).toBe(true);
  for (const { start, end } of entities) {
    for (const border of [start, end]) expect(text.slice(border - 1, border + 1)).not.toMatch(/^\w\w$/);
  }
});
