import { describe, expect, test } from "vitest";
import { asPipeline } from "./pipeline.ts";
import { tinyModel } from "./testing/index.ts";

const bert = tinyModel();

describe("pipelines", () => {
  test("one text gives one result, several give several", async () => {
    const classify = asPipeline("text-classification", bert);
    const [{ label, score }] = await classify("a good film");
    expect(await classify(["a good film", "paris"], { top_k: 2 })).toHaveLength(2);
    expect(await bert.classify("a good film")).toMatchObject({ label, score });
    expect(await classify("a good film", { top_k: null })).toHaveLength(2);
  });

  test("give one list of labels for several texts where each has one, as transformers.js does", async () => {
    const classify = asPipeline("text-classification", bert);
    const [first] = await classify("a good film");
    const flat = await classify(["a good film", "paris"]);
    expect(flat).toEqual([first, expect.objectContaining({ label: expect.any(String) as string })]);
    const lists = await classify(["a good film", "paris"], { top_k: null });
    expect(lists.map((list) => list.length)).toEqual([2, 2]);
    expect(lists[0][0]).toEqual(first);
  });

  test("give what is no entity where no label is ignored, and each token's place", async () => {
    const tag = asPipeline("token-classification", bert);
    const text = "who is unaffable in paris?";
    const all = await tag(text, { ignore_labels: [] });
    const { ids } = bert.tokenizer.encode(text);
    expect(all.map(({ index }) => index)).toEqual([...ids.keys()].slice(1, -1));
    expect(all.some(({ entity }) => entity === "O")).toBe(true);
    expect(await tag(text)).toEqual(all.filter(({ entity }) => entity !== "O"));
    expect(await tag(text, { ignore_labels: ["O", "B-PER"] })).toEqual(
      all.filter(({ entity }) => entity === "I-PER"),
    );
    const groups = await tag(text, { ignore_labels: [], aggregation_strategy: "first" });
    expect(groups.map(({ word }) => word)).toEqual(["who", "is", "unaffable", "in paris?"]);
  });

  test.each([
    ["nothing", null],
    ["a number", 5],
    ["an object", { text: "a" }],
  ])("%s is refused", async (_, input) => {
    const wanted = expect.objectContaining({ code: "invalid-input" }) as Error;
    const names = ["text-classification", "token-classification", "fill-mask", "feature-extraction"] as const;
    for (const name of names) {
      const run = asPipeline(name, bert) as (texts: unknown) => Promise<unknown>;
      await expect(run(input)).rejects.toThrow(wanted);
    }
    await expect(asPipeline("question-answering", bert)("who?", input as never)).rejects.toThrow(wanted);
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
