/**
 * What every training is asked for, be it pre-training or fine-tuning; each recipe adds its own.
 */
import type { Abort } from "@cloze/core";
import type { ProgressReport } from "../run/trainer.ts";

/** How weights are updated, where, and how the run is kept. */
export interface TrainingOptions {
  /** Examples of an update: 32 by default. */
  readonly batch?: number | undefined;
  /** The highest learning rate: 1e-4 by default, in fine-tuning 5e-5. */
  readonly rate?: number | undefined;
  /** How long the rate rises: a share of the updates, or their number. 0.1 by default. */
  readonly warmup?: number | undefined;
  readonly optimizer?: "adamW" | "bertAdam" | undefined;
  readonly weightDecay?: number | undefined;
  /** The most that the norm of the gradients may be: 1 by default. */
  readonly clip?: number | undefined;
  /** The rate of dropout, in place of those in the model's configuration. */
  readonly dropout?: number | undefined;
  /** 1 by default. */
  readonly seed?: number | undefined;

  /** After how many updates a checkpoint is kept: 500 by default. */
  readonly saveEvery?: number | undefined;
  /** Goes on with the run that is in `out`. */
  readonly resume?: boolean | undefined;

  readonly device?: "cpu" | "webgpu" | undefined;
  readonly threads?: number | undefined;
  /** Tokens of a micro-batch, padding included: 1024 by default, so that what is computed stays in the caches. */
  readonly microTokens?: number | undefined;

  /** As it was typed, for the record. */
  readonly command?: string | undefined;
  readonly signal?: Abort | undefined;
  readonly onProgress?: ((report: ProgressReport) => void) | undefined;
  /** Told what does not stop the run: examples that are left out, a loss that has stopped falling. */
  readonly onWarning?: ((message: string) => void) | undefined;
}
