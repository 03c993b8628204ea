/**
 * Answers are google-research/bert's n-best (tests/reference/ask.py): with windows, with and without "no answer", for
 * contexts of all lengths and scripts.
 */
import type { AskOptions } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { afterAll, expect, test } from "vitest";
import { readFixture } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";
import { near } from "./near.ts";

interface AskCase {
  readonly name: string;
  readonly question: string;
  readonly context: string;
  readonly options: AskOptions;
  readonly nullScore: number | null;
  readonly answers: readonly (readonly [start: number, end: number, score: number, probability: number])[];
}

const bert = await load(starter, { threads: 1 });
afterAll(() => bert[Symbol.asyncDispose]());
const cases = readFixture("starter/ask.json") as readonly AskCase[];

test.each(cases)("$name", async ({ question, context, options, nullScore, answers }) => {
  const result = await bert.ask({ question, context }, { ...options, threshold: 0 });
  expect(result.answers).toEqual(
    answers.map(([start, end, score, probability]) => ({
      text: context.slice(start, end),
      start,
      end,
      score: near(score),
      probability: near(probability),
    })),
  );
  expect(result.nullScore).toEqual(nullScore === null ? undefined : near(nullScore));
  const [best] = result.answers;
  const none = !best || (options.noAnswer && result.nullScore! > best.score);
  expect(result.answer).toBe(none ? "" : best.text);
  expect([result.start, result.end]).toEqual(none ? [null, null] : [best.start, best.end]);
});

test("in one batch as alone", async () => {
  const usual = cases.filter(({ options }) => JSON.stringify(options) === '{"noAnswer":true}');
  const batch = await bert.ask(usual, { noAnswer: true });
  for (const [i, { answers }] of usual.entries())
    expect(batch[i].answers.map(({ start, end }) => [start, end])).toEqual(
      answers.map(([start, end]) => [start, end]),
    );
});
