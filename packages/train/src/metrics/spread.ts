/**
 * How sure a figure is: its spread over runs that differ in their seed, and its interval over examples that might
 * have been others (the bootstrap; Efron, 1979).
 */
import { ClozeError } from "@cloze/core";

/** What values have in common. */
export interface Spread {
  readonly mean: number;
  /** The sample standard deviation, whose divisor is n - 1; 0 for a single value. */
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The mean and the spread of values, such as one metric over several seeds.
 *
 * @throws ClozeError `invalid-input` when there is no value.
 *
 * @example
 * meanAndSpread([0.8, 0.9]); // mean 0.85, deviation 0.0707, min 0.8, max 0.9
 */
export function meanAndSpread(values: ArrayLike<number>): Spread {
  if (values.length === 0) throw nothing();
  const all = Float64Array.from(values);
  const center = mean(all);
  const squares = all.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return {
    mean: center,
    deviation: all.length === 1 ? 0 : Math.sqrt(squares / (all.length - 1)),
    min: all.reduce((a, b) => Math.min(a, b)),
    max: all.reduce((a, b) => Math.max(a, b)),
  };
}

/** How a bootstrap is done. */
export interface BootstrapOptions {
  /** Numbers in [0, 1), such as `uniform` of a seeded generator. */
  readonly random: () => number;
  /** The figure of a sample: its mean by default. It is handed one array over and over: it should keep none. */
  readonly statistic?: ((sample: Float64Array) => number) | undefined;
  /** How many samples are drawn: 1000 by default. */
  readonly resamples?: number | undefined;
  /** How likely the interval should be to hold the truth: 0.95 by default. */
  readonly confidence?: number | undefined;
}

/** Between what a figure is likely to be. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The percentile bootstrap: as many values as there are are drawn from them, with replacement, over and over; the
 * interval leaves out as many of the samples' figures below as above. For a figure that is no mean (F1, a
 * correlation), the values are the places of the examples, and `statistic` scores those.
 *
 * @param values One an example: its score, or its place.
 * @throws ClozeError `invalid-input` when there is no value; `invalid-option`.
 *
 * @example
 * const right = [1, 1, 0, 1, 1, 1, 0, 1, 1, 1]; // whether each example was
 * bootstrapInterval(right, { random: Math.random }); // about 0.5 to 1
 */
export function bootstrapInterval(
  values: ArrayLike<number>,
  { random, statistic = mean, resamples = 1000, confidence = 0.95 }: BootstrapOptions,
): Interval {
  if (values.length === 0) throw nothing();
  if (!Number.isInteger(resamples) || resamples < 1)
    throw wrong("resamples", `a whole number from 1, not ${resamples}`);
  if (!(confidence > 0 && confidence < 1)) throw wrong("confidence", `between 0 and 1, not ${confidence}`);
  const sample = new Float64Array(values.length);
  const figures = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    for (let i = 0; i < sample.length; i++) sample[i] = values[Math.floor(random() * sample.length)];
    figures[r] = statistic(sample);
  }
  figures.sort();
  const tail = (1 - confidence) / 2;
  return { low: quantile(figures, tail), high: quantile(figures, 1 - tail) };
}

/** Between the two nearest of sorted values, as `numpy.quantile` finds it. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function nothing(): ClozeError {
  return new ClozeError("invalid-input", "There is nothing to measure: at least one value is needed.");
}

function wrong(field: string, rule: string): ClozeError {
  return new ClozeError("invalid-option", `${field} should be ${rule}.`, { field });
}
