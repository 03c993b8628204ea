/**
 * Sees that a loss has stopped falling: an exponential mean of it that has found no new low for a while.
 */

/** What is remembered of the losses so far. */
export interface LossWatch {
  readonly smoothed: number;
  readonly lowest: number;
  /** The update after which the mean was lowest. */
  readonly lowestAt: number;
  /** Whether the loss has been called flat: once is enough. */
  readonly flat: boolean;
}

/** The mean is over about the last 50 losses. */
const DECAY = 0.98;
/** What counts as a new low: a thousandth. */
const GAIN = 0.001;

/**
 * For how many updates of a run a loss may find no new low: a third of them, from 100 to 2,000. (Pre-training falls slowly:
 * with 500 a run was warned of that still gained.)
 */
export function patienceOf(steps: number): number {
  return Math.max(100, Math.min(2000, Math.ceil(steps / 3)));
}

/** Takes the loss of an update into account. */
export function watchLoss(
  before: LossWatch | undefined,
  loss: number,
  step: number,
  patience: number,
): LossWatch {
  if (before === undefined) return { smoothed: loss, lowest: loss, lowestAt: step, flat: false };
  const smoothed = DECAY * before.smoothed + (1 - DECAY) * loss;
  if (smoothed < before.lowest - GAIN * Math.abs(before.lowest))
    return { smoothed, lowest: smoothed, lowestAt: step, flat: before.flat };
  return { ...before, smoothed, flat: before.flat || step - before.lowestAt >= patience };
}
