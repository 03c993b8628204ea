/**
 * Learning rates: over the updates of a run, and between the parameters of a model.
 */
import { ClozeError } from "@cloze/core";

/** The rate of an update. Updates count from 1, as an optimizer's do. */
export type Schedule = (step: number) => number;

/** By what the rate of a parameter, told by its name, is multiplied. */
export type RateFactor = (name: string) => number;

/** A run's rates. */
export interface LinearOptions {
  /** The highest rate. */
  readonly rate: number;
  /** All updates of the run. */
  readonly steps: number;
  /** How long the rate rises: a share of the steps if below 1, or a number of updates. 0 by default. */
  readonly warmup?: number | undefined;
  /**
   * What falls to 0 once the rate has risen: the highest rate (`top`, by default; transformers), or a line that fell
   * from it since the first update (`start`; the original, where the rate drops a step at the end of the warm-up).
   */
  readonly fallFrom?: "top" | "start" | undefined;
}

/**
 * Rises from 0 in a line, then falls to 0 in a line.
 *
 * Update n has the rate of place n - 1: the first update of a warm-up has the rate 0, and the last update of all has a
 * little more than 0, as both models of this have it: transformers' `get_linear_schedule_with_warmup`, and
 * `create_optimizer` of google-research/bert's optimization.py.
 *
 * @throws ClozeError `invalid-option` for numbers that make no schedule.
 *
 * @example
 * const schedule = linearSchedule({ rate: 1, steps: 6, warmup: 2 });
 * [1, 2, 3, 4, 5, 6].map(schedule); // 0, 0.5, 1, 0.75, 0.5, 0.25
 */
export function linearSchedule({ rate, steps, warmup = 0, fallFrom = "top" }: LinearOptions): Schedule {
  if (!(rate >= 0 && rate < Infinity)) throw wrong("rate", "a number from 0", rate);
  if (!Number.isInteger(steps) || steps < 1) throw wrong("steps", "a whole number from 1", steps);
  const rise = warmup < 1 ? Math.ceil(warmup * steps) : warmup;
  if (!(warmup >= 0 && Number.isInteger(rise) && rise <= steps))
    throw wrong("warmup", `a share below 1 or a whole number of updates up to ${steps}`, warmup);
  const origin = fallFrom === "top" ? rise : 0;
  return (step) => {
    const place = step - 1;
    if (place < rise) return rate * (place / rise);
    return place < steps ? rate * ((steps - place) / (steps - origin)) : 0;
  };
}

/**
 * The same rate always.
 *
 * @example
 * constantSchedule(5e-5)(100); // 5e-5
 */
export function constantSchedule(rate: number): Schedule {
  if (!(rate >= 0 && rate < Infinity)) throw wrong("rate", "a number from 0", rate);
  return () => rate;
}

/**
 * Lower rates for lower layers (Howard & Ruder, 2018, 3.2, with 1/2.6; Clark et al., 2020, with 0.8): 1 for heads and
 * the pooler, `decay` for the last layer, and once more `decay` for each below, the embeddings last. (ELECTRA's code
 * counts one more between the last layer and the head.)
 *
 * @param layers The layers of the encoder.
 * @throws ClozeError `invalid-option` when `decay` is not above 0 and at most 1.
 *
 * @example
 * const factor = layerwiseRates(12, 0.8);
 * factor("bert.encoder.layer.11.output.dense.weight"); // 0.8
 * factor("bert.embeddings.word_embeddings.weight"); // 0.8¹³ = 0.055
 */
export function layerwiseRates(layers: number, decay: number): RateFactor {
  if (!(decay > 0 && decay <= 1)) throw wrong("decay", "above 0 and at most 1", decay);
  return (name) => {
    const layer = /(?:^|\.)encoder\.layer\.(\d+)\./.exec(name);
    if (layer) return decay ** (layers - Number(layer[1]));
    return /(?:^|\.)embeddings\./.test(name) ? decay ** (layers + 1) : 1;
  };
}

/** Parameters that share a factor. */
export interface RateGroup {
  /** A whole name, or its beginning up to a dot: `bert.encoder.layer.1` is no `bert.encoder.layer.10`. */
  readonly match: string | RegExp;
  /** 0 leaves them as they are. */
  readonly factor: number;
}

/**
 * Rates by group: the factor of the first group that a name is of, 1 where it is of none.
 *
 * @throws ClozeError `invalid-option` for a factor below 0.
 *
 * @example
 * const factor = rateGroups([{ match: "bert.embeddings", factor: 0 }, { match: /bias$/, factor: 2 }]);
 * factor("classifier.bias"); // 2
 */
export function rateGroups(groups: readonly RateGroup[]): RateFactor {
  for (const { factor } of groups)
    if (!(factor >= 0 && factor < Infinity)) throw wrong("factor", "a number from 0", factor);
  return (name) => groups.find(({ match }) => isOf(name, match))?.factor ?? 1;
}

function isOf(name: string, match: string | RegExp): boolean {
  // `search` does not mind where the last match of a global expression ended; `test` does.
  if (typeof match !== "string") return name.search(match) >= 0;
  return name === match || name.startsWith(`${match}.`);
}

function wrong(field: string, range: string, value: number): ClozeError {
  return new ClozeError("invalid-option", `${field} should be ${range}, not ${value}.`, { field });
}
