/**
 * What fine-tuning is asked for, and what it tells: the same for all weights (`finetune.ts`) and for a head on a frozen
 * encoder (`frozen.ts`).
 */
import { ClozeError } from "@cloze/core";
import type { Scheme } from "../datasets/schemes.ts";
import type { Interval, Spread } from "../metrics/spread.ts";
import type { TrainingOptions } from "./training-options.ts";

/** What a head is trained to do. */
export const finetuneTasks = ["classify", "regress", "squad", "tag", "choose"] as const;
/** What a head is trained to do. */
export type FinetuneTask = (typeof finetuneTasks)[number];

/** A fine-tuning, as it is asked for. */
export interface FinetuneOptions extends TrainingOptions {
  /** The folder of the model to begin with. */
  readonly model: string;
  readonly task: FinetuneTask;
  /** The files of examples: to learn from, and to measure on after each epoch. */
  readonly train: string;
  readonly dev: string;
  /** The folder of the result: a model, or of a frozen encoder a plugin. */
  readonly out: string;
  /** The columns of a table: text and label, or both texts and the label. */
  readonly columns?: readonly string[] | undefined;
  /** Whether a text may have several labels (classify). */
  readonly multiLabel?: boolean | undefined;
  /** How the labels of words are written (tag): found out by default. */
  readonly scheme?: Scheme | undefined;
  /** Only a head is trained, on features that are computed once. */
  readonly frozen?: boolean | undefined;
  /** Only the first rows of both files are used: so many. */
  readonly limit?: number | undefined;

  /** How often all examples are seen: 3 by default. */
  readonly epochs?: number | undefined;
  /** By what the rate is multiplied from each layer to the one below; none by default. */
  readonly layerDecay?: number | undefined;
  /** After how many epochs without gain the run ends; by default it does not. */
  readonly patience?: number | undefined;
  /** What each label's examples count: `balanced` counts rare ones more, or numbers by label. All alike by default. */
  readonly classWeights?: "balanced" | Readonly<Record<string, number>> | undefined;
  /** The share of each label's weight that is spread over all labels. 0 by default. */
  readonly labelSmoothing?: number | undefined;
  /** Tokens of an example, special ones included: by default all that the model takes; squad 384. */
  readonly maxLength?: number | undefined;
  /** Tokens that a window shares with the next, where texts are read in windows (squad, tag): 128 by default. */
  readonly overlap?: number | undefined;
  /** The metric that says which epoch is the best; each task has a usual one. */
  readonly metric?: string | undefined;

  /** Runs with so many seeds, from `seed` on, instead of one. */
  readonly seeds?: number | undefined;

  /** Told of what was measured on the dev data, and after how many updates. */
  readonly onEvaluation?:
    ((steps: number, metrics: Readonly<Record<string, number>>, seed: number) => void) | undefined;
}

/** What one seed came to. */
export interface SeedResult {
  readonly seed: number;
  /** The metrics of the state that was kept, on the dev data. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Of the metric that chose it: where it would lie with other examples (bootstrap, 95 %). */
  readonly interval: Interval;
  /** After how many updates it was reached; of a head on features the epochs. */
  readonly bestAt: number;
  readonly steps: number;
  readonly stoppedEarly: boolean;
}

/** What a fine-tuning came to. */
export interface FinetuneResult {
  readonly out: string;
  /** The metric that says what is best. */
  readonly metric: string;
  /** The seed whose result is in `out`. */
  readonly best: SeedResult;
  /** All seeds, in order. */
  readonly seeds: readonly SeedResult[];
  /** Of the metric over the seeds. */
  readonly spread: Spread;
  readonly rows: { readonly train: number; readonly dev: number };
  /** Examples that could not be learned from. */
  readonly leftOut: number;
  readonly seconds: number;
  /** Tokens learned from in each second of training, padding left out. */
  readonly tokensPerSecond: number;
}

/** @throws ClozeError `invalid-option` unless a number that is given fits. */
export function expectNumber(
  field: string,
  value: number | undefined,
  what: string,
  fits: (value: number) => boolean,
): void {
  if (value === undefined || fits(value)) return;
  throw new ClozeError("invalid-option", `${field} should be ${what}, not ${value}.`, { field });
}
