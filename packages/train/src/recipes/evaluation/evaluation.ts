/**
 * What measuring a model on data has in common, whatever the task.
 */

/** Numbers by the metrics' names. */
export type Metrics = Readonly<Record<string, number>>;

/** An example that the model got wrong. */
export interface Mistake {
  readonly input: string;
  readonly expected: string;
  readonly found: string;
  /** How sure the model was of what it found: a probability; of a number, how far off it is. */
  readonly surety: number;
}

/** How a model did on data. */
export interface Evaluation<Result = unknown> {
  readonly metrics: Metrics;
  /** The metrics of some of the examples, each as often as its place comes: what a bootstrap asks for. */
  readonly measure: (places: ArrayLike<number>) => Metrics;
  /** The surest ones, the surest first. */
  readonly mistakes: readonly Mistake[];
  /** What the model said, one an example. */
  readonly results: readonly Result[];
}

/** How a model is asked while it is measured. */
export interface AskedOptions {
  readonly maxLength?: number | undefined;
  readonly overlap?: number | undefined;
  /** Told now and then how many examples are done. */
  readonly onProgress?: ((done: number) => void | Promise<void>) | undefined;
}

/** Examples that are handed to the model at once: enough to find some of like length. */
const CHUNK = 256;

/** Asks about all examples, in chunks. */
export async function askAll<T, R>(
  examples: readonly T[],
  { onProgress }: AskedOptions,
  ask: (chunk: readonly T[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < examples.length; at += CHUNK) {
    results.push(...(await ask(examples.slice(at, at + CHUNK))));
    await onProgress?.(results.length);
  }
  return results;
}

/** The values at some places. */
export function pick<T>(values: ArrayLike<T>, places: ArrayLike<number>): T[] {
  return Array.from(places, (place) => values[place]);
}

/** All places of a list. */
export function placesOf({ length }: ArrayLike<unknown>): number[] {
  return Array.from({ length }, (_, i) => i);
}

const KEPT = 20;

/** The surest of all mistakes. */
export function surest(mistakes: readonly Mistake[]): Mistake[] {
  return mistakes.toSorted((a, b) => b.surety - a.surety).slice(0, KEPT);
}
