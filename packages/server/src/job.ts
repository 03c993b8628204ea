/** One request as the queue knows it, and what it gets. What a request may hold was checked in `inputs.ts`. */
import { ClozeError } from "@cloze/core";
import type { FloatTensor } from "@cloze/core";
import type { Positions } from "./inputs.ts";

/** One request: `rows` × `length` numbers in each array. */
export interface Job {
  readonly rows: number;
  readonly length: number;
  readonly ids: Int32Array;
  readonly segments: Int32Array;
  readonly mask: Int32Array;
  readonly positions: Positions;
  readonly outputs: readonly string[];
  /** As Triton counts: 1 is the most urgent, 10 and 0, the default, the least. */
  readonly priority?: number;
  /** When nobody waits for it any longer, as performance.now() counts. */
  readonly deadline?: number | undefined;
  /** Says that the client left. */
  readonly signal?: AbortSignal | undefined;
}

export interface Result {
  readonly outputs: ReadonlyMap<string, FloatTensor>;
  /** Milliseconds from arrival to the run, and of the run. */
  readonly queueMs: number;
  readonly inferenceMs: number;
}

/** A request in the queue. */
export interface Waiting extends Job {
  /**
   * The length that the session runs it with: all that its answer depends on, beyond which its rows have padding only.
   */
  readonly padded: number;
  readonly since: number;
  /** Who comes first: see `rankOf`. */
  readonly rank: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Triton's levels of priority: 1 to this, and 0 for the last. */
export const PRIORITIES = 10;

/** How much earlier than the next level a request may have come and still be served after it. */
const LEVEL_MS = 100;

/**
 * When a request counts as having come. A lower priority counts as later by a fixed time, so that waiting makes up for
 * it: nobody starves.
 */
export function rankOf(since: number, priority: number): number {
  const level = priority === 0 ? PRIORITIES : Math.min(priority, PRIORITIES);
  return since + (level - 1) * LEVEL_MS;
}

export function tooLate(): ClozeError {
  return new ClozeError(
    "timeout",
    "The deadline passed before the model could run: try again, or wait longer.",
  );
}

export function left(): ClozeError {
  return new ClozeError("aborted", "The client left before the model could run.");
}
