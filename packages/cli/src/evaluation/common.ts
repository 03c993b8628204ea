/**
 * What measuring a model has in common, whatever the task: options, the head, files that are written, the clock.
 */
import { realpath } from "node:fs/promises";
import path from "node:path";
import { ClozeError, findHead } from "@cloze/core";
import type { HeadKind, Plugin, Predictor } from "@cloze/core";
import { checkWritable, writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import type { ModelOptions } from "../options.ts";
import { Progress } from "../progress.ts";

export interface EvaluateOptions extends ModelOptions {
  readonly data: string;
  readonly plugin?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  /** Whether every question has an answer where the data does not tell: false with `--no-answer`. */
  readonly answer?: boolean | undefined;
  readonly threshold?: number | undefined;
  readonly tune?: boolean | undefined;
  readonly wholeWords?: boolean | undefined;
  readonly predictions?: string | undefined;
  /** Of fill: the seed of the masks, and the tokens of an example. */
  readonly seed?: number | undefined;
  readonly length?: number | undefined;
  readonly nullOdds?: string | undefined;
}

export type { Metrics } from "@cloze/train/evaluate";

/**
 * The head to measure: the named one of its kind, or the first.
 *
 * @param others Kinds that do as well, where there is none.
 */
export function headOf(
  bert: Predictor,
  kind: HeadKind,
  name: string | undefined,
  ...others: readonly HeadKind[]
): Plugin {
  const kinds = [kind, ...others];
  const [first] = kinds.flatMap((one) => bert.plugins.filter((plugin) => plugin.kind === one));
  const found = name === undefined && first ? first : bert.findPlugin(findHead(kind), name);
  if (kinds.includes(found.kind)) return found;
  throw new ClozeError("not-found", `The head ${found.name} is not of kind ${kind}, but ${found.kind}.`, {
    field: "plugin",
  });
}

/** Sees, before the model is loaded, that what is written can be, and is not the data nor written twice. */
export async function checkOutputs({ data, predictions, nullOdds }: EvaluateOptions): Promise<void> {
  const taken = new Map([[await place(data), "--data"]]);
  for (const [option, file] of Object.entries({ predictions, "null-odds": nullOdds })) {
    if (file === undefined) continue;
    await checkWritable(file, option);
    const other = taken.get(await place(file));
    if (other !== undefined)
      throw new ClozeError("invalid-option", `--${option} and ${other} are one file: choose another.`, {
        field: option,
      });
    taken.set(await place(file), `--${option}`);
  }
}

/** A file's true path. */
async function place(file: string): Promise<string> {
  return realpath(file).catch(() => path.resolve(file));
}

/** Measures, shows how far it is, and tells the seconds that it took. */
export async function timed<T>(
  total: number,
  what: string,
  io: Io,
  measure: (onProgress: (done: number) => Promise<void>) => Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number }> {
  const progress = new Progress(total, what, io);
  const result = await measure((done) => progress.show(done));
  return { result, seconds: await progress.end() };
}

/** Writes what the model said, an object a line, where that was asked for. */
export async function writeResults(file: string | undefined, results: readonly object[]): Promise<void> {
  if (file !== undefined)
    await writeWhole(file, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
}
