/**
 * The port between what trains and what computes: a step takes a batch and improves the weights. A trainer does not
 * know what model it trains or where; `ort/` implements the step with ONNX Runtime.
 */
import type { Feeds } from "@cloze/core";

/**
 * What one update learns from: one micro-batch or more, whose losses and gradients are summed. Each loss's weights sum
 * to 1 over the whole batch, so that the sum is the batch's mean.
 */
export interface Batch {
  readonly feeds: readonly Feeds[];
  /** Tokens, padding left out. */
  readonly tokens: number;
}

/** What one update found. */
export interface StepReport {
  /** The sum of the losses before the update. */
  readonly loss: number;
  /** Each head's loss, by its name. */
  readonly losses: Readonly<Record<string, number>>;
  /** The L2 norm of all gradients together, before it is clipped. */
  readonly norm: number;
}

/** Numbers by the names of the parameters that they belong to. */
export type Numbers = ReadonlyMap<string, Float32Array>;

/** All that a step needs to go on as if it had never stopped. */
export interface TrainState {
  /** How many updates there have been. */
  readonly steps: number;
  readonly weights: Numbers;
  /** What the optimizer remembers of each parameter, by its own name for it: `m` and `v` of Adam. */
  readonly slots: Readonly<Record<string, Numbers>>;
}

/** Updates weights, batch by batch. */
export interface TrainStep extends AsyncDisposable {
  /** The shapes of the parameters, by name, in the order in which they are stored. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * One update. Where the loss or a gradient is not finite, nothing is updated, and the report has it as it is.
   *
   * @param rate The learning rate of this update.
   */
  run(batch: Batch, rate: number): Promise<StepReport>;
  /** The state as it is now. Its arrays may be the step's own: they change with the next update. */
  state(): Promise<TrainState>;
  /** Goes back to a state. */
  restore(state: TrainState): Promise<void>;
}

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Where batches come from. What comes next is a function of the source's options, its seed and its position. */
export interface DataSource {
  next(): Promise<Batch>;
  /** Where it is: what `seek` takes. */
  position(): Json;
  /** Goes to a position, so that what comes next is what would have come there. */
  seek(position: Json): Promise<void>;
  /** How often all data has been seen, a fraction: 1.5 is in the middle of the second epoch. */
  readonly epoch: number;
}
