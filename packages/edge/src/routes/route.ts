/**
 * What a task's route is: what it takes, which method of the core's Predictor answers, and what its answer is in JSON.
 * Reading, timing, streaming and failing are the same for all and stand elsewhere; so does HTTP.
 */
import { ClozeError, findHead } from "@cloze/core";
import type { HeadKind, Predictor, RunOptions, Tokenizer } from "@cloze/core";
import * as z from "zod";
import { expected, object } from "../inputs.ts";
import { offsetEncodings } from "../offsets.ts";

/** What a route runs with. */
export interface TaskHost {
  readonly tokenizer: Tokenizer;
  /** The most tokens of windows that these inputs may have together. */
  readonly windowTokens: number;
  /** The most rows that these inputs may take of a model that is asked for its whole vocabulary. */
  readonly vocabularyRows: number;
  /** The model, with the plugin that is named if it was installed while the model ran. Made on demand, and once. */
  predictor(plugin?: string): Promise<Predictor>;
}

/** One task. */
export interface Route<
  I extends z.ZodObject = z.ZodObject,
  O extends z.ZodObject = z.ZodObject,
  R extends z.ZodType<object> = z.ZodType<object>,
> {
  /** Its method in clients, its place under /v1. */
  readonly name: string;
  readonly summary: string;
  /** The kind of head that it runs, if it runs one: a plugin of that kind is answered as this route answers. */
  readonly kind?: HeadKind;
  readonly input: I;
  readonly options: O;
  /** What one input is answered with. */
  readonly answer: R;
  /** An input that the starter model answers. */
  readonly example: z.input<I>;
  /** Answers inputs in order. */
  run(
    host: TaskHost,
    inputs: readonly z.output<I>[],
    options: z.output<O>,
    run: RunOptions,
  ): Promise<readonly z.output<R>[]>;
}

export const text = z.string(expected("a text"));
export const plugin = z
  .string(expected("the name of a plugin"))
  .exactOptional()
  .describe("Which head to use; by default the first that fits.");
export const flag = z.boolean(expected("true or false"));
export const texts = object({ text, pair: text.exactOptional().describe("A second text.") });

const encodings = offsetEncodings.map((one) => `"${one}"`).join(" or ");
export const offsetEncoding = z
  .enum(offsetEncodings, expected(encodings))
  .default("utf-16")
  .describe("What offsets count: UTF-16 units as JavaScript does, or code points as Python does.");

export const truncated = z.literal(true).optional().describe("The text was longer than the model reads.");
export const probability = z.number().describe("From 0 to 1.");
export const offset = z.int().min(0);

/** A route, with the types of what it takes and gives. */
export function route<I extends z.ZodObject, O extends z.ZodObject, R extends z.ZodType<object>>(
  described: Route<I, O, R>,
): Route<I, O, R> {
  return described;
}

/**
 * How many windows may be held at once, each as long as the task's options or its plugin say.
 *
 * @param usual How long the task makes one where neither says so: by default as long as the model reads.
 */
export async function windowLimit(
  host: TaskHost,
  kind: HeadKind,
  options: { readonly plugin?: string; readonly maxLength?: number },
  usual = Infinity,
): Promise<number> {
  const predictor = await host.predictor(options.plugin);
  const { maxLength = usual } = predictor.findPlugin(findHead(kind), options.plugin);
  const length = options.maxLength ?? Math.min(maxLength, predictor.config.maxPositions);
  return Math.floor(host.windowTokens / length);
}

/** Refuses more tokens than may be answered one by one: objects of each take more than an isolate's memory. */
export function expectTokens(
  { tokenizer, windowTokens }: TaskHost,
  inputs: readonly { readonly text: string; readonly pair?: string }[],
  maxLength = Infinity,
): void {
  const tokens = inputs.reduce(
    (sum, { text: first, pair = "" }) =>
      sum + Math.min(maxLength, tokenizer.count(first) + tokenizer.count(pair)),
    0,
  );
  if (tokens > windowTokens)
    throw new ClozeError(
      "invalid-input",
      `There are ${tokens} tokens, and at most ${windowTokens} are answered one by one: send less at once.`,
      { field: inputs.length > 1 ? "inputs" : "text" },
    );
}

/** Refuses more masks than are asked for whole vocabularies at once. */
export function expectMasks(count: number, most: number): void {
  if (count > most)
    throw new ClozeError(
      "invalid-input",
      `With targets or joint no more than ${most} masks are filled at once, and there are ${count}: send fewer.`,
    );
}
