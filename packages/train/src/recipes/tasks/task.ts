/**
 * What a task of fine-tuning is: files to examples, a head, and metrics. Each kind has a file here; how they are trained
 * is left to `finetune.ts`.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ClozeError, findHead, OWN_HEAD } from "@cloze/core";
import type { Feeds, HeadConfig, HeadKind, Plugin, Predictor } from "@cloze/core";
import type { ModelFolder } from "@cloze/runtime/node";
import { labelsName, weightsName } from "../../losses.ts";
import { reasonOf } from "../../run/whole-file.ts";
import type { AskedOptions, Evaluation } from "../evaluation/evaluation.ts";
import type { Examples } from "../examples.ts";
import type { FinetuneOptions } from "../finetune-options.ts";

/** A task whose files have been read: all that training asks of it. */
export interface PreparedTask {
  /** The head that is trained, as the model that results will have it. */
  readonly plugin: Plugin;
  /** Whether the model has this head: it is trained on. Else it begins anew. */
  readonly known: boolean;
  readonly problem?: HeadConfig["problem"];
  readonly examples: Examples;
  /** What can say which epoch is the best, the usual one first; more of it is better. */
  readonly metrics: readonly string[];
  readonly rows: { readonly train: number; readonly dev: number };
  /** Examples that could not be learned from. */
  readonly leftOut: number;
  /** The choices of a question. */
  readonly choices?: number;
  /** Measures a model on the dev data. */
  evaluate(bert: Predictor, options?: Pick<AskedOptions, "onProgress">): Promise<Evaluation>;
}

/** What a task is prepared from. */
export interface TaskContext {
  readonly options: FinetuneOptions;
  readonly folder: Pick<ModelFolder, "config" | "plugins" | "tokenizer" | "tensors">;
}

/** Reads a task's files. */
export type PrepareTask = (context: TaskContext) => Promise<PreparedTask>;

/** A data file's text and what errors call it. */
export async function readData(
  file: string,
  field: "train" | "dev",
): Promise<{ text: string; file: string }> {
  try {
    return { text: await readFile(file, "utf8"), file: path.basename(file) };
  } catch (cause) {
    throw new ClozeError(
      "not-found",
      `The data file ${file} cannot be read (${reasonOf(cause)}): see that the path is right.`,
      { cause, field },
    );
  }
}

/** Reads the examples of both files, the first ones where there is a limit. */
export async function readBoth<T>(
  { train, dev, limit }: FinetuneOptions,
  parse: (data: { text: string; file: string }) => T[] | Promise<T[]>,
): Promise<{ train: Source<T>; dev: Source<T> }> {
  const read = async (name: string, field: "train" | "dev"): Promise<Source<T>> => {
    const data = await readData(name, field);
    const all = await parse(data);
    if (all.length === 0) throw new ClozeError("invalid-input", `${data.file} has no examples.`, { field });
    return { file: data.file, rows: all.slice(0, limit) };
  };
  return { train: await read(train, "train"), dev: await read(dev, "dev") };
}

/** The examples of a file. */
export interface Source<T> {
  readonly file: string;
  readonly rows: readonly T[];
}

/** Describes the head that a model will have inside. */
export function ownHead(kind: HeadKind, labels: readonly string[], problem?: HeadConfig["problem"]): Plugin {
  const head = findHead(kind);
  const [title] = head.architectures;
  const shape = head.describe({ architecture: title, labels, problem, tied: true });
  return { name: OWN_HEAD, version: "1.0.0", title, scope: head.scope, examples: [], metrics: {}, ...shape };
}

/** The head of a kind that the model has inside, with its weights. */
export function knownHead({ folder }: TaskContext, kind: HeadKind): Plugin | undefined {
  return folder.plugins.find(
    (plugin) =>
      plugin.name === OWN_HEAD && plugin.kind === kind && folder.tensors.has(`${plugin.scope}.weight`),
  );
}

/** The feeds of a head whose every example has as many labels. */
export function labelFeeds(
  { name }: Plugin,
  all: Int32Array | Float32Array,
  counts: Float32Array,
  dims: readonly number[] = [],
): Examples["labels"] {
  const width = dims.reduce((a, b) => a * b, 1);
  return (examples, _length, scale): Feeds => {
    const shape = [examples.length, ...dims];
    const weights = Float32Array.from(examples, (example) => counts[example] * scale);
    const fill = <T extends Int32Array | Float32Array>(from: T, into: T): T => {
      for (const [i, at] of examples.entries())
        into.set(from.subarray(at * width, (at + 1) * width), i * width);
      return into;
    };
    const size = examples.length * width;
    return {
      [labelsName(name)]:
        all instanceof Int32Array
          ? { type: "int32", dims: shape, data: fill(all, new Int32Array(size)) }
          : { type: "float32", dims: shape, data: fill(all, new Float32Array(size)) },
      [weightsName(name)]: { type: "float32", dims: [examples.length], data: weights },
    };
  };
}

/** @throws ClozeError `invalid-option` for an option that is given and not for the task. */
export function refuse(options: FinetuneOptions, names: readonly (keyof FinetuneOptions)[]): void {
  for (const name of names)
    if (options[name] !== undefined && options[name] !== false && options[name] !== 0)
      throw new ClozeError("invalid-option", `${name} is not for the task ${options.task}: leave it out.`, {
        field: name,
      });
}

/** A length in tokens that was asked for; more than the model has is refused. */
export function lengthOf({ options: { maxLength }, folder }: TaskContext, usual: number): number {
  const { maxPositions } = folder.config;
  if (maxLength === undefined) return Math.min(usual, maxPositions);
  if (Number.isInteger(maxLength) && maxLength > 3 && maxLength <= maxPositions) return maxLength;
  throw new ClozeError(
    "invalid-option",
    `maxLength should be a whole number from 4 to ${maxPositions}, the model's length, not ${maxLength}.`,
    { field: "maxLength" },
  );
}

/** The overlap of windows with room for so many tokens. */
export function overlapOf({ options: { overlap } }: TaskContext, room: number): number {
  return overlap ?? Math.max(0, Math.min(128, room >> 1));
}
