/**
 * What measuring a model has in common, whatever the task: options, the head, files that are written, the clock.
 */
import { realpath } from "node:fs/promises";
import path from "node:path";
import { ClozeError, findHead } from "@cloze/core";
import type { HeadKind, Plugin, Predictor } from "@cloze/core";
import { checkWritable } from "../files.ts";
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
  readonly nullOdds?: string | undefined;
}

export type Metrics = Readonly<Record<string, number>>;

const CHUNK = 64;

/** The head to measure: the named one of its kind, or the first. */
export function headOf(bert: Predictor, kind: HeadKind, name: string | undefined): Plugin {
  const first = bert.plugins.find((plugin) => plugin.kind === kind);
  const found = name === undefined && first ? first : bert.findPlugin(findHead(kind), name);
  if (found.kind === kind) return found;
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

/** Runs over all items, shows how far it is, and returns the seconds it took. */
export async function inChunks<T>(
  items: readonly T[],
  io: Io,
  what: string,
  run: (chunk: readonly T[]) => Promise<void>,
): Promise<number> {
  const progress = new Progress(items.length, what, io);
  for (let at = 0; at < items.length; at += CHUNK) {
    await run(items.slice(at, at + CHUNK));
    await progress.show(Math.min(at + CHUNK, items.length));
  }
  return progress.end();
}
