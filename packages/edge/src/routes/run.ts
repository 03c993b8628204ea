/**
 * Answers a route's JSON: one input, or a list of them, together or as they come. Where one input is at fault the
 * others are answered. Nothing here knows of HTTP.
 */
import { ClozeError } from "@cloze/core";
import type { RunOptions } from "@cloze/core";
import type * as z from "zod";
import { parseInputs } from "../inputs.ts";
import type { Route, TaskHost } from "./route.ts";

/** The most that one request may ask for. */
export interface RunLimits {
  /** The most inputs of a list. */
  readonly inputs: number;
  readonly windowTokens: number;
  readonly vocabularyRows: number;
}

/** What answers run with, but for the limits. */
export type TaskModelHost = Pick<TaskHost, "tokenizer" | "predictor">;

/** Inputs of a stream that run together: few, so that the first come soon. */
const STREAM_GROUP = 8;

/**
 * Answers `{ …input, …options }` with one object, `{ inputs: [{ …input }, …], …options }` with `{ results: […] }` in
 * order. What fails for one input of a list is that input's result: `{ error: { code, message, field? } }`.
 *
 * @throws ClozeError `invalid-input` with the field that is wrong, and what the task throws.
 * @example
 * const [classify] = taskRoutes(bert.config);
 * const host = { tokenizer: bert.tokenizer, predictor: async () => bert };
 * const limits = { inputs: 64, windowTokens: 2 ** 18, vocabularyRows: 1024 };
 * const answer = await answerJson(classify, { text: "a warm , funny film" }, host, limits);
 * "label" in answer && answer.label; // "positive"
 */
export async function answerJson<I extends z.ZodObject, O extends z.ZodObject, R extends z.ZodType<object>>(
  route: Route<I, O, R>,
  json: unknown,
  host: TaskModelHost,
  limits: RunLimits,
  run: RunOptions = {},
): Promise<z.output<R> | { readonly results: readonly object[] }> {
  const { inputs, options, many } = parseInputs(json, route.input, route.options, limits.inputs);
  const about = saidOnce(options);
  const answers = (some: readonly z.output<I>[]) =>
    route.run({ ...host, ...shareOf(limits, some.length, inputs.length) }, some, options, run);
  if (!many) return { ...(await answers(inputs))[0], ...about };
  return { results: await runEach(inputs, answers), ...about };
}

/**
 * Answers `{ inputs, …options }` input by input, in order, each as soon as it and those before it are there.
 *
 * @throws ClozeError at once for JSON that is wrong, and while it is read what the task throws.
 * @example
 * const [classify] = taskRoutes(bert.config);
 * const host = { tokenizer: bert.tokenizer, predictor: async () => bert };
 * const limits = { inputs: 64, windowTokens: 2 ** 18, vocabularyRows: 1024 };
 * const json = { inputs: [{ text: "a warm , funny film" }, { text: "a dull one" }] };
 * for await (const answer of answerLines(classify, json, host, limits)) console.log(answer);
 */
export function answerLines<I extends z.ZodObject, O extends z.ZodObject, R extends z.ZodType<object>>(
  route: Route<I, O, R>,
  json: unknown,
  host: TaskModelHost,
  limits: RunLimits,
  run: RunOptions = {},
): AsyncGenerator<z.output<R>, void, undefined> {
  const { inputs, options } = parseInputs(json, route.input, route.options, limits.inputs);
  const about = saidOnce(options);
  const answers = (some: readonly z.output<I>[]) =>
    route.run({ ...host, ...shareOf(limits, some.length, inputs.length) }, some, options, run);
  const start = (from: number) => {
    const group = runEach(inputs.slice(from, from + STREAM_GROUP), answers);
    group.catch(() => {}); // told when its turn comes
    return group;
  };
  return lines();

  async function* lines(): AsyncGenerator<z.output<R>, void, undefined> {
    let ahead = start(0);
    for (let from = 0; from === 0 || from < inputs.length; from += STREAM_GROUP) {
      const group = ahead;
      if (from + STREAM_GROUP < inputs.length) ahead = start(from + STREAM_GROUP);
      for (const result of await group) yield { ...result, ...about } as z.output<R>;
    }
  }
}

/** What an answer says once of the whole. */
function saidOnce(options: object): object {
  return "offsetEncoding" in options ? { offsetEncoding: options.offsetEncoding } : {};
}

/** Of a list that is answered in parts, each part has its share of what is costly. */
function shareOf({ windowTokens, vocabularyRows }: RunLimits, part: number, whole: number) {
  return { windowTokens, vocabularyRows: Math.floor((vocabularyRows * part) / Math.max(1, whole)) };
}

/**
 * Runs inputs together. If one is at fault, or they are too much at once, halves are tried one after the other, so
 * that the others are answered and the one gets its error in its place; the core refuses before it runs, so what fails
 * costs no inference.
 */
async function runEach<I>(
  inputs: readonly I[],
  run: (inputs: readonly I[]) => Promise<readonly object[]>,
): Promise<readonly object[]> {
  try {
    return await run(inputs);
  } catch (error) {
    if (!isInputError(error) || inputs.length === 0) throw error;
    if (inputs.length === 1)
      return [{ error: { code: error.code, message: error.message, field: error.field } }];
    const half = Math.ceil(inputs.length / 2);
    return [...(await runEach(inputs.slice(0, half), run)), ...(await runEach(inputs.slice(half), run))];
  }
}

/** Whether an error is one input's own, not of all together, so that the inputs beside it can still be answered. */
function isInputError(error: unknown): error is ClozeError {
  return (
    error instanceof ClozeError &&
    (error.code === "invalid-input" || error.code === "invalid-option") &&
    error.field !== "plugin" &&
    error.field !== "inputs"
  );
}
