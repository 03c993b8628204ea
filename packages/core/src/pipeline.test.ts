import { describe, expect, test } from "vitest";
import { asPipeline } from "./pipeline.ts";
import { tinyModel } from "./testing/index.ts";

const bert = tinyModel();

describe("pipelines", () => {
  test("one text gives one result, several give several", async () => {
    const classify = asPipeline("text-classification", bert);
    const [{ label, score }] = await classify("a good film");
    expect(await classify(["a good film", "paris"])).toHaveLength(2);
    expect(await bert.classify("a good film")).toMatchObject({ label, score });
    expect(await classify("a good film", { top_k: null })).toHaveLength(2);
  });

  test("have transformers.js's older names too", async () => {
    const classify = asPipeline("sentiment-analysis", bert);
    expect(await classify("paris")).toHaveLength(1);
  });

  test("fill one mask, and give the text with each word in its place", async () => {
    const fill = asPipeline("fill-mask", bert);
    const candidates = await fill("The [MASK] film", { top_k: 3 });
    expect(candidates).toHaveLength(3);
    for (const { sequence, token_str: word } of candidates)
      expect(sequence).toBe(`The ${word.replace("##", "")} film`);
    await expect(fill("[MASK] [MASK]")).rejects.toThrow("fills one");
  });

  test("answer a question, or several, with one answer or more", async () => {
    const ask = asPipeline("question-answering", bert);
    const best = await ask("who?", "paris is a good film");
    expect("paris is a good film".slice(best.start, best.end)).toBe(best.answer);
    const answers = await ask("who?", "paris is a good film", { top_k: 3 });
    expect(answers).toHaveLength(3);
    expect(answers[0]).toMatchObject({ answer: best.answer });
    const several = await ask(["who?", "is it?"], ["paris", "a film"]);
    expect(several).toHaveLength(2);
    await expect(ask(["who?"], ["a", "b"])).rejects.toThrow("give one for each");
  });

  test("tag tokens, or entities of several", async () => {
    const tag = asPipeline("token-classification", bert);
    const tokens = await tag("who is paris", { ignore_labels: [] });
    for (const { entity, word, start, end } of tokens) {
      expect(entity).toBeTypeOf("string");
      expect("who is paris".slice(start, end)).toBe(word);
    }
    for (const group of await tag("who is paris", { aggregation_strategy: "simple" }))
      expect(group.entity_group).toBeTypeOf("string");
  });

  test("extract features as one tensor", async () => {
    const extract = asPipeline("feature-extraction", bert);
    expect((await extract(["a film", "a good film"])).dims).toEqual([2, 5, 16]);
    const { dims, data } = await extract("a film", { pooling: "mean", normalize: true });
    expect(dims).toEqual([1, 16]);
    expect(data.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 5);
  });

  test("that there are not are refused", () => {
    expect(() => asPipeline("translation" as "fill-mask", bert)).toThrow("There is no pipeline translation");
  });
});
