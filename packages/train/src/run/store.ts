/**
 * The port between a trainer and the place where its run is kept, and what is kept. `run-folder.ts` keeps it on a disk;
 * a trainer in a browser goes without.
 */
import type { Json, TrainState, TrainStep } from "../train-step.ts";
import type { LossWatch } from "./loss-watch.ts";

/** A line of `metrics.jsonl`: one update, one evaluation, or a warning. */
export type LogLine = StepLine | EvaluationLine | WarningLine;

/** What one update found. */
export interface StepLine {
  /** How many updates there have been, this one included. */
  readonly step: number;
  /** How often all data had been seen. */
  readonly epoch: number;
  readonly loss: number;
  /** Each head's loss, by its name. */
  readonly losses: Readonly<Record<string, number>>;
  readonly rate: number;
  /** The L2 norm of all gradients together, before it was clipped. */
  readonly norm: number;
  /** Tokens of all updates so far, padding left out. */
  readonly tokens: number;
  /** What this update took, the making of its batch included. */
  readonly seconds: number;
  readonly tokensPerSecond: number;
  /** The share of the machine's peak rate of operations that was reached, where both are known. */
  readonly share?: number;
}

/** The fields of a line that tell of time. All others are the same whenever the same run is made. */
export const timingFields = ["seconds", "tokensPerSecond", "share"] as const;

/** What an evaluation found, by the metrics' names. */
export interface EvaluationLine {
  readonly step: number;
  readonly evaluation: Readonly<Record<string, number>>;
}

/** What whoever watches the run should know. */
export interface WarningLine {
  readonly step: number;
  readonly warning: string;
}

/** How far a run is: what a trainer counts. */
export interface TrainProgress {
  readonly steps: number;
  readonly tokens: number;
  /** The loss of the last update. */
  readonly loss?: number;
  readonly watch?: LossWatch;
  /** The best evaluation so far. */
  readonly best?: { readonly steps: number; readonly metrics: Readonly<Record<string, number>> };
  /** Evaluations since the best one. */
  readonly withoutGain: number;
}

/** All that a run needs to go on as if it had never stopped. */
export interface Checkpoint {
  readonly state: TrainState;
  /** Where the data were. */
  readonly position: Json;
  readonly progress: TrainProgress;
}

/** Keeps a run. */
export interface RunStore {
  /** Where it is kept, for messages. */
  readonly location: string;
  /** Where the checkpoint of a step is kept, for messages. */
  checkpointAt(steps: number): string;
  /** The run as it was saved last; `undefined` if it never was. What was logged since then is forgotten. */
  load(): Promise<Checkpoint | undefined>;
  /** The state after so many updates: of the last saves, or of the best one. */
  loadState(steps: number): Promise<TrainState>;
  /** Keeps a checkpoint whole, or throws and leaves what was kept before. */
  save(checkpoint: Checkpoint, shapes: TrainStep["shapes"]): Promise<void>;
  /** Adds a line to the log. */
  log(line: LogLine): void;
}
