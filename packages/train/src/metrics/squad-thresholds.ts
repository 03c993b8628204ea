/**
 * What evaluate-v2.0.py makes of the probabilities of "no answer": the best threshold in hindsight, and the area
 * under precision over recall.
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
    let current = [...answerable.values()].filter((has) => !has).length;
    let best = current;
    let threshold = 0;
    for (const [id, probability] of surestFirst(probabilities)) {
      const score = scores.get(id);
      if (!score) continue;
      if (answerable.get(id)) current += score[key];
      else if (predictions.get(id) !== "") current -= 1;
      if (current > best) {
        best = current;
        threshold = probability;
      }
    }
    result[`best_${key}`] = (100 * best) / scores.size;
    result[`best_${key}_thresh`] = threshold;
  }
  return result;
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
