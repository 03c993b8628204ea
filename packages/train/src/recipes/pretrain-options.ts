/**
 * What pre-training is asked for, and what it tells; and the settings that follow, defaults filled in.
 */
import { ClozeError } from "@cloze/core";
import type { BertConfig } from "@cloze/core";
import type { Objective } from "../corpus/batches.ts";
import { checkWhole, refuseNumber } from "../numbers.ts";
import type { TrainingOptions } from "./training-options.ts";

/** Which words are masked: pieces, all pieces of a word or none, or whole words, rare ones more often. */
export type Masking = "pieces" | "whole-word" | "rare";

/** A pre-training, as it is asked for. */
export interface PretrainOptions extends TrainingOptions {
  /** UTF-8 texts, a blank line between documents; packed with gzip where the name ends in `.gz`. */
  readonly corpus: readonly string[];
  /** The folder of the result. */
  readonly out: string;
  readonly steps: number;

  /** The `vocab.txt`. Not needed with `from`. */
  readonly vocab?: string | undefined;
  /** Keeps case and accents: for a vocabulary that has them. */
  readonly cased?: boolean | undefined;
  /** Sizes by name; `tiny` by default. */
  readonly preset?: string | undefined;
  /** Or a `config.json`. */
  readonly config?: string | undefined;
  /** Or a model's folder, whose weights and vocabulary training goes on with. */
  readonly from?: string | undefined;

  /** `mlm+nsp` by default. */
  readonly objective?: Objective | undefined;
  readonly masking?: Masking | undefined;
  /** Tokens of an example: 128 by default, and then `longLength` for the last steps. */
  readonly length?: number | undefined;
  /** Tokens of an example in the last steps: 512 by default, if `length` is not given and the model has the positions. */
  readonly longLength?: number | undefined;
  /** The share of the steps that are long: 0.1 by default. */
  readonly longShare?: number | undefined;

  /** The share of the documents that are only measured on: 0.01 by default. */
  readonly heldOut?: number | undefined;
  /** After how many steps the model is measured; as often as it is saved by default. */
  readonly evaluateEvery?: number | undefined;
  /** How many checkpoints are kept: 3 by default. */
  readonly keep?: number | undefined;

  /** Told how many bytes of the corpus have been tokenized. */
  readonly onCorpus?: ((bytes: number, total: number) => void) | undefined;
  readonly onBegin?: ((begin: PretrainBegin) => void) | undefined;
  readonly onEvaluation?: ((step: number, metrics: HeldOutMetrics) => void) | undefined;
}

/** What is known when training begins. */
export interface PretrainBegin {
  readonly parameters: number;
  /** Parameters that are drawn though a checkpoint is continued: its heads that it lacks. */
  readonly drawn: readonly string[];
  readonly documents: number;
  readonly heldOut: number;
  readonly tokens: number;
  /** The loss of a guess by frequency alone, in nats. */
  readonly unigramEntropy: number;
}

/** How well held-out texts are told: natural logarithms, shares of 1. */
export interface HeldOutMetrics {
  readonly [metric: string]: number;
  readonly maskedLmLoss: number;
  readonly maskedLmAccuracy: number;
  /** With pairs: how often the answer is right, and how often it would be if it were always the same. */
  readonly nextSentenceAccuracy?: number;
  readonly nextSentenceChance?: number;
}

/** How a pre-training ended. */
export interface PretrainResult {
  readonly folder: string;
  readonly objective: Objective;
  readonly steps: number;
  readonly tokens: number;
  /** The loss of the last update. */
  readonly loss: number | undefined;
  /** The loss of a guess by frequency alone; not known of a run that was complete before. */
  readonly unigramEntropy: number | undefined;
  /** The evaluation of the weights that the folder holds. */
  readonly best: { readonly steps: number; readonly metrics: Readonly<Record<string, number>> } | undefined;
}

/** The settings of a pre-training, defaults filled in. */
export type Settings = ReturnType<typeof resolveSettings>;

const [USUAL_LENGTH, LONG_LENGTH] = [128, 512];

/**
 * Fills in the defaults.
 *
 * @throws ClozeError `invalid-option` for numbers out of their range, and for two options of which one is enough.
 */
export function resolveSettings(options: PretrainOptions, { maxPositions }: BertConfig) {
  const { objective = "mlm+nsp", masking = "pieces", steps, batch = 32, seed = 1, saveEvery = 500 } = options;
  const { rate = 1e-4, warmup = 0.1, optimizer = "adamW", weightDecay = 0.01, clip = 1 } = options;
  const { heldOut = 0.01, evaluateEvery = saveEvery, device = "cpu", microTokens = 1024 } = options;
  const length = options.length ?? Math.min(USUAL_LENGTH, maxPositions);
  const long =
    options.longLength ?? (options.length === undefined ? Math.min(LONG_LENGTH, maxPositions) : length);
  const { longShare = 0.1 } = options;
  checkWhole("steps", steps, 1);
  checkWhole("batch", batch, 1);
  checkWhole("save-every", saveEvery, 1);
  checkWhole("evaluate-every", evaluateEvery, 1);
  checkWhole("micro-tokens", microTokens, 1);
  if (!Number.isSafeInteger(seed)) throw refuseNumber("seed", seed, "a whole number");
  for (const [field, value] of [
    ["length", length],
    ["long-length", long],
  ] as const) {
    checkWhole(field, value, 5);
    if (value > maxPositions)
      throw refuseNumber(field, value, `at most ${maxPositions}, the positions that the model has`);
  }
  if (!(longShare >= 0 && longShare <= 1))
    throw refuseNumber("long-share", longShare, "a number from 0 to 1");
  if (!(heldOut >= 0 && heldOut < 1)) throw refuseNumber("held-out", heldOut, "a number from 0 to below 1");
  if (!(clip > 0)) throw refuseNumber("clip", clip, "a number above 0");
  const longSteps = long === length ? 0 : Math.floor(longShare * steps);
  if (objective === "ltr" && masking !== "pieces")
    throw new ClozeError("invalid-option", "Left to right, nothing is masked: leave the masking out.", {
      field: "mask",
    });
  return {
    objective,
    masking,
    steps,
    batch,
    length,
    longLength: long,
    longSteps,
    rate,
    warmup,
    optimizer,
    weightDecay,
    clip,
    seed,
    heldOut,
    evaluateEvery,
    saveEvery,
    device,
    microTokens,
  };
}

/** The share of tokens that are predicted. */
export function masksShare({ objective }: Pick<Settings, "objective">): number {
  return objective === "ltr" ? 1 : 0.15;
}
