/**
 * What evaluate-v2.0.py makes of the probabilities of "no answer": the best threshold in hindsight, and the area
 * under precision over recall. The threshold may be of another measure too, such as by how much no answer leads.
 */
import type { Predictions, QuestionScore } from "./squad.ts";

type Scores = ReadonlyMap<string, QuestionScore>;
type Probabilities = ReadonlyMap<string, number>;
type Answerable = ReadonlyMap<string, boolean>;

/**
 * `find_all_best_thresh`: questions are answered from the surest on, and the best point is kept. A point between two
 * equal probabilities counts, though no threshold could make it: so the script, and so the order of ties matters.
 */
export function bestThresholds(
  scores: Scores,
  predictions: Predictions,
  probabilities: Probabilities,
  answerable: Answerable,
): Record<string, number> {
  const result: Record<string, number> = {};
  for (const key of ["exact", "f1"] as const) {
    const steps = surestFirst(probabilities).flatMap(([id, probability]): Step[] => {
      const score = scores.get(id);
      if (!score) return [];
      const gain = answerable.get(id) ? score[key] : predictions.get(id) !== "" ? -1 : 0;
      return [[probability, gain]];
    });
    const unanswerable = [...answerable.values()].filter((has) => !has).length;
    const { best, threshold = 0 } = bestPoint(steps, unanswerable);
    result[`best_${key}`] = (100 * best) / scores.size;
    result[`best_${key}_thresh`] = threshold;
  }
  return result;
}

/**
 * The same search over thresholds that can be set, of any measure: equal ones are answered together, and where it is
 * best to answer nothing the threshold is below all.
 *
 * @param refused What each question scores unanswered.
 */
export function tunedThresholds(
  scores: Scores,
  refused: Scores,
  measures: ReadonlyMap<string, number>,
): Record<string, number> {
  const result: Record<string, number> = {};
  for (const key of ["exact", "f1"] as const) {
    let unanswered = 0;
    const gains = new Map<number, number>();
    for (const [id, score] of scores) {
      const measure = measures.get(id) ?? Infinity;
      const without = refused.get(id)?.[key] ?? 0;
      unanswered += without;
      gains.set(measure, (gains.get(measure) ?? 0) + score[key] - without);
    }
    const steps = [...gains].sort(([a], [b]) => a - b);
    const { best, threshold = -Infinity } = bestPoint(steps, unanswered);
    result[`best_${key}`] = (100 * best) / scores.size;
    result[`best_${key}_thresh`] = roundThreshold(threshold, gains.keys());
  }
  return result;
}

/** What answering more questions adds, up to a measure of "no answer". */
type Step = readonly [measure: number, gain: number];

/** Where the sum is greatest, of rising measures; without a threshold where no step makes it greater. */
function bestPoint(steps: readonly Step[], start: number): { best: number; threshold?: number } {
  let sum = start;
  let found: { best: number; threshold?: number } = { best: start };
  for (const [threshold, gain] of steps) {
    sum += gain;
    if (sum > found.best) found = { best: sum, threshold };
  }
  return found;
}

/** `run_precision_recall_analysis`: nothing where no question has an answer. */
export function areas(
  scores: Scores,
  probabilities: Probabilities,
  answerable: Answerable,
): Record<string, number> {
  const positives = [...answerable.values()].filter(Boolean).length;
  if (positives === 0) return {};
  const order = surestFirst(probabilities).filter(([id]) => scores.has(id));
  const area = (right: (score: QuestionScore) => number): number => {
    let found = 0;
    let recall = 0;
    let sum = 0;
    for (const [n, [id, probability]] of order.entries()) {
      const score = scores.get(id);
      if (score && answerable.get(id)) found += right(score);
      if (n + 1 < order.length && order[n + 1][1] === probability) continue; // no threshold lies between equals
      sum += (found / (n + 1)) * (found / positives - recall);
      recall = found / positives;
    }
    return 100 * sum;
  };
  return {
    pr_exact_ap: area(({ exact }) => exact),
    pr_f1_ap: area(({ f1 }) => f1),
    pr_oracle_ap: area(() => 1),
  };
}

/** By rising probability of "no answer"; equal ones in the file's order, as Python's stable sort leaves them. */
function surestFirst(probabilities: Probabilities): [id: string, probability: number][] {
  return [...probabilities].sort(([, a], [, b]) => a - b);
}

/**
 * The roundest threshold that divides as a found one does: what is not above `found` stays so, what is above stays above.
 *
 * @param found A measure of one question, or -Infinity to answer nothing.
 */
export function roundThreshold(found: number, measures: Iterable<number>): number {
  let next = Infinity;
  for (const measure of measures) if (measure > found) next = Math.min(next, measure);
  if (found === -Infinity) return Math.ceil(next) - 1;
  for (let digits = 0; digits < 16; digits++) {
    const round = Math.ceil(found * 10 ** digits) / 10 ** digits;
    if (round >= found && round < next) return round;
  }
  return found;
}
