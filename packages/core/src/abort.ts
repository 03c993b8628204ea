/**
 * The part of the host's `AbortSignal` that Cloze uses. The core has no I/O and no host's types, so it says
 * what it needs: any real `AbortSignal` fits.
 */
import { ClozeError } from "./errors.ts";

/** An `AbortSignal`, as far as Cloze reads it. */
export interface Abort {
  readonly aborted: boolean;
  readonly reason?: unknown;
  /** Where the host's can tell when it happens, waits end at once. */
  addEventListener?(type: "abort", listener: () => void): void;
  removeEventListener?(type: "abort", listener: () => void): void;
}

/**
 * What a caller who has given up gets.
 *
 * @example
 * const stop = new AbortController();
 * stop.abort();
 * aborted(stop.signal).code; // "aborted"
 */
export function aborted({ reason }: Abort): ClozeError {
  return new ClozeError("aborted", "The caller aborted the request.", { cause: reason });
}

/**
 * Throws `aborted` when the caller has given up. Called between steps, never inside one.
 *
 * @example
 * throwIfAborted(AbortSignal.timeout(1000)); // goes on: the second is not over
 */
export function throwIfAborted(signal: Abort | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}
