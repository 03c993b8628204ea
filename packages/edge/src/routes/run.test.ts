import { ClozeError } from "@cloze/core";
import { describe, expect, it, vi } from "vitest";
import { tinyModel } from "@cloze/core/testing";
import { Predictor } from "@cloze/core";
import { answerJson, answerLines, taskRoutes } from "./index.ts";
import { object } from "../inputs.ts";
import { route, text, windowLimit } from "./route.ts";
import type { Route } from "./route.ts";
import * as z from "zod";

const model = tinyModel();
const host = { tokenizer: model.tokenizer, predictor: async () => new Predictor(model) };
const limits = { inputs: 64, windowTokens: 2 ** 18, vocabularyRows: 10 };
const refuses = (field: string, code: "invalid-option" | "server-error" = "invalid-option") =>
  route({
    name: "refuse",
    summary: "Refuses texts that begin with x",
    input: object({ text }),
    options: object({}),
    answer: z.object({ rows: z.number() }),
    example: { text: "a" },
    async run({ vocabularyRows }, inputs) {
      if (inputs.length === 0 || inputs.some((input) => input.text.startsWith("x")))
        throw new ClozeError(code, "It begins with x.", { field });
      return inputs.map(() => ({ rows: vocabularyRows }));
    },
  });
const listOf = (...texts: string[]) => ({ inputs: texts.map((one) => ({ text: one })) });
const error = { code: "invalid-option", message: "It begins with x.", field: "text" };

const asked = (words: number) => ({ context: "a ".repeat(words), choices: ["a", "b"] });

describe("a list", () => {
  it("of which one input is at fault answers the others, each part with its share", async () => {
    expect(await answerJson(refuses("text"), listOf("a", "b", "x", "c"), host, limits)).toEqual({
      results: [{ rows: 5 }, { rows: 5 }, { error }, { rows: 2 }],
    });
  });

  it("of nothing, with an option at fault, is refused", async () => {
    await expect(answerJson(refuses("layers"), listOf(), host, limits)).rejects.toThrow("It begins with x.");
    const stream = answerLines(refuses("layers"), listOf("x"), host, limits);
    expect((await stream.next()).value).toEqual({ error: { ...error, field: "layers" } });
  });

  it("is refused whole where its plugin is at fault, or the server", async () => {
    for (const one of [refuses("plugin"), refuses("text", "server-error")])
      await expect(answerJson(one, listOf("a", "x"), host, limits)).rejects.toThrow(ClozeError);
  });
});

it.each([
  ["tokenize", {}],
  ["tag", { outside: true }],
])("/v1/%s answers for each token, and so for no more than an isolate can hold", async (name, options) => {
  const one = taskRoutes(model.config).find((each) => each.name === name)! as Route;
  const few = { ...limits, windowTokens: 16 };
  expect(await answerJson(one, { ...listOf("a a a", "a"), ...options }, host, few)).toHaveProperty("results");
  await expect(
    answerJson(one, { ...listOf("a ".repeat(10), "a ".repeat(10)), ...options }, host, few),
  ).rejects.toMatchObject({ code: "invalid-input", field: "inputs" });
});

it("masks are filled with no more words than an isolate can hold", async () => {
  const fill = taskRoutes(model.config).find(({ name }) => name === "fill")! as Route;
  const ask = (inputs: readonly string[], top: number) =>
    answerJson(fill, { ...listOf(...inputs), top }, host, { ...limits, windowTokens: 256 });
  expect(await ask(["a [MASK] b", "[MASK]"], 3)).toHaveProperty("results");
  const wrong = { code: "invalid-input", field: "inputs" };
  await expect(ask(["[MASK]".repeat(5), "[MASK]".repeat(5)], 32)).rejects.toMatchObject(wrong);
});

describe("choices", () => {
  const choose = taskRoutes(model.config).find(({ name }) => name === "choose")! as Route;

  it("are read with their context few enough at a time, however many there are together", async () => {
    const inputs = [asked(10), asked(10), asked(40), asked(10)];
    const ran = vi.spyOn(model.session, "run");
    const answer = await answerJson(choose, { inputs }, host, { ...limits, windowTokens: 50 });
    const rows = ran.mock.calls.map(([{ input_ids }]) => input_ids.dims[0]);
    ran.mockRestore();
    const { results } = answer as { results: readonly object[] };
    expect(results.map((one) => "choice" in one)).toEqual([true, true, false, true]);
    expect(results[2]).toMatchObject({ error: { code: "invalid-input", field: "choices" } });
    expect(rows).toEqual([4, 2]);
  });
});

describe("a task's answer", () => {
  it("is what its schema says", async () => {
    const predictor = new Predictor(model);
    const kinds = new Set(predictor.plugins.map(({ kind }) => kind));
    const all: readonly Route[] = taskRoutes(model.config);
    const routes = all.filter(({ kind }) => kind === undefined || kinds.has(kind));
    expect(routes.length).toBeGreaterThan(4);
    for (const one of routes) {
      const answer = await answerJson(one, one.example, host, limits);
      const { offsetEncoding: _, ...rest } = answer as Record<string, unknown>;
      expect(one.answer.safeParse(rest).error).toBeUndefined();
    }
  });
});

it("windows are counted as long as the task, its plugin or the model makes them", async () => {
  const { tokenizer, plugins, session } = model;
  const config = { ...model.config, maxPositions: 512 };
  const predictor = new Predictor({ tokenizer, plugins, session, config });
  const counted = (kind: "span" | "token", usual?: number) =>
    windowLimit({ ...host, ...limits, predictor: async () => predictor }, kind, {}, usual);
  expect([await counted("span", 384), await counted("token")]).toEqual([682, 512]);
});
