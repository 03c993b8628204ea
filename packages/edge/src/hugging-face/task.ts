/**
 * What a task is in Hugging Face's words: the inputs and parameters of its Inference API, and its answers. Each stands on
 * a route of this app, which runs it; `index.ts` reads bodies and knows of HTTP.
 */
import type { RunOptions } from "@cloze/core";
import * as z from "zod";
import { expected } from "../inputs.ts";
import type { TaskHost } from "../routes/route.ts";

/** One of Hugging Face's tasks. */
export interface HuggingFaceTask<
  I extends z.ZodType = z.ZodType,
  P extends z.ZodObject = z.ZodObject,
  R extends z.ZodType = z.ZodType,
> {
  /** Hugging Face's name for it. */
  readonly name: string;
  readonly input: I;
  readonly parameters: P;
  /** What one input is answered with. */
  readonly answer: R;
  /** Whether one input's answer stands in a list, as those of several do. */
  readonly listed?: boolean;
  /** Whether parameters stand beside the inputs, and not in `parameters`. */
  readonly atRoot?: boolean;
  /** What the route's fields are called here: errors name these. */
  readonly names: Readonly<Record<string, string>>;
  run(
    host: TaskHost,
    inputs: readonly z.output<I>[],
    parameters: z.output<P>,
    run: RunOptions,
  ): Promise<readonly z.output<R>[]>;
}

/** A task, with the types of what it takes and gives. */
export function task<I extends z.ZodType, P extends z.ZodObject, R extends z.ZodType>(
  described: HuggingFaceTask<I, P, R>,
): HuggingFaceTask<I, P, R> {
  return described;
}

export const label = z.strictObject({
  label: z.string(),
  score: z.number(),
  truncated: z.literal(true).optional(),
});
export const labels = z.array(z.string(), expected("a list of texts"));

/** The fields that have a value: those that a request left out must not be there. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
