/**
 * What every task needs: a model that is ready to be asked, checks of its input, and a loop over batches.
 */
import { throwIfAborted } from "../abort.ts";
import { batchByLength, collate } from "../encoding/collate.ts";
import type { TextInput } from "../encoding/encode.ts";
import { SPECIALS_PAIR } from "../encoding/encoding.ts";
import type { Encoding } from "../encoding/encoding.ts";
import { ClozeError } from "../errors.ts";
import type { BertConfig } from "../model/config.ts";
import type { Plugin } from "../plugin.ts";
import type { RunOptions, Session } from "../session.ts";
import type { Tokenizer } from "../tokenizer/index.ts";

/** A tokenizer, a session and their sizes: all that a task asks of a model. */
export interface TaskModel {
  readonly tokenizer: Tokenizer;
  readonly session: Session;
  readonly config: BertConfig;
}

/** Batches on their way at once: the next is ready when one ends, and few are too late to abort. */
const IN_FLIGHT = 4;

/** One row of one output, and its shape without the batch. */
export interface Row {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/**
 * Runs encodings through the session in batches of like length and hands each encoding's outputs over, in no
 * promised order.
 *
 * @param each Gets the number of the encoding, and one row an asked output. The rows are views: copy what stays.
 */
export async function runBatches(
  { session, tokenizer }: TaskModel,
  encodings: readonly Encoding[],
  outputs: readonly string[],
  options: RunOptions,
  each: (encoding: number, rows: readonly Row[]) => void,
): Promise<void> {
  const lengths = encodings.map(({ ids }) => session.paddedLength(ids.length));
  const batches = batchByLength(lengths, session.tokensPerRun);
  let next = 0;
  let done = 0;
  const runSome = async (): Promise<void> => {
    while (next < batches.length) {
      const batch = batches[next++];
      throwIfAborted(options.signal);
      const members = batch.map((i) => encodings[i]);
      const feeds = collate(members, lengths[batch[batch.length - 1]], tokenizer.specials.pad);
      const results = await session.run(feeds, [...new Set(outputs)], options);
      for (const [row, encoding] of batch.entries()) {
        const rows = outputs.map((name) => rowOf(results[name], row));
        each(encoding, rows);
      }
      done += batch.length;
      options.onProgress?.({ done, total: encodings.length });
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, runSome));
  } finally {
    next = batches.length; // where one failed, the others start no more
  }
}

function rowOf(
  { data, dims: [batch, ...dims] }: { data: Float32Array; dims: readonly number[] },
  row: number,
): Row {
  const size = data.length / batch;
  return { data: data.subarray(row * size, (row + 1) * size), dims };
}

/** Refuses texts that take more windows than the caller allows: a guard against a small request of great work. */
export function expectWindows(count: number, limit: number | undefined): void {
  if (limit !== undefined && count > limit)
    throw new ClozeError(
      "invalid-input",
      `More than ${limit} windows are needed: send less text at once, or ask for a smaller overlap.`,
    );
}

/**
 * Refuses logits of another head than the plugin describes, as a server with another version of it gives.
 *
 * @param tokens How many tokens the row should be about, where a head speaks of tokens.
 */
export function expectShape(plugin: Plugin, { data, dims }: Row, tokens?: number): void {
  const width = dims[dims.length - 1];
  const rows = data.length / width;
  if (width === plugin.labels.length && (tokens === undefined ? rows === 1 : rows >= tokens)) return;
  throw new ClozeError(
    "server-error",
    `The head ${plugin.name} has ${plugin.labels.length} labels, but the model gives [${dims.join()}] logits for it: ` +
      "the plugin and the model that runs are not of one version.",
  );
}

/**
 * Refuses an input that has no fields.
 *
 * @param at As `placeOf` gives it.
 * @param form What the input should be, such as `{ text }`.
 */
export function expectFields(input: unknown, at: string, form: string): void {
  if (typeof input === "object" && input !== null) return;
  const field = at.slice(0, -1);
  throw new ClozeError("invalid-input", `${field || "The input"} should be ${form}.`, {
    ...(field !== "" && { field }),
  });
}

/** Refuses what is not a text, and names the field. */
export function expectText(value: unknown, field: string): asserts value is string {
  if (typeof value !== "string")
    throw new ClozeError(
      "invalid-input",
      `${field} should be a text, but is ${value === null ? "null" : typeof value}.`,
      { field },
    );
}

/** Refuses what is not a positive whole number. */
export function positive(field: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ClozeError("invalid-option", `${field} should be a positive whole number, but is ${value}.`, {
    field,
  });
}

/** What stands before a field's name where there are several inputs. */
export function placeOf(inputs: readonly unknown[], i: number): string {
  return inputs.length > 1 ? `inputs[${i}].` : "";
}

/**
 * Checks texts or pairs of texts and encodes them; what is longer than the model takes, or than was asked for, is cut
 * longest-first.
 */
export function encodeTexts(
  { tokenizer, config }: TaskModel,
  inputs: readonly TextInput[],
  maxLength: number | undefined,
): Encoding[] {
  for (const [i, input] of inputs.entries()) expectTextInput(input, placeOf(inputs, i));
  return tokenizer.encodeBatch(inputs, { maxLength: lengthLimit(config, maxLength, config.maxPositions) });
}

/** Refuses what is neither a text nor a pair of texts. */
export function expectTextInput(input: TextInput, at: string): void {
  expectFields(input, at, "{ text, pair? }");
  expectText(input.text, `${at}text`);
  if (input.pair !== undefined) expectText(input.pair, `${at}pair`);
}

/** The length in tokens that a task uses: what was asked for, else `usual`; never more than the model has. */
export function lengthLimit(config: BertConfig, asked: number | undefined, usual: number): number {
  if (asked === undefined) return Math.min(usual, config.maxPositions);
  if (!Number.isInteger(asked) || asked <= SPECIALS_PAIR || asked > config.maxPositions)
    throw new ClozeError(
      "invalid-option",
      `A length of ${asked} tokens is out of range: this model takes ${SPECIALS_PAIR + 1} to ${config.maxPositions}.`,
      { field: "maxLength" },
    );
  return asked;
}
