/**
 * Metrics of classification: accuracy, F1 by class and their mean, Matthews' correlation.
 */
import { ClozeError } from "@cloze/core";

/** How well classes were told. */
export interface ClassificationMetrics {
  /** 0 to 1. */
  readonly accuracy: number;
  /** The mean of the classes' F1, each class alike, 0 to 1: over the classes that were given or predicted. */
  readonly f1: number;
  /**
   * F1 of each class, 0 to 1; 0 for one that was given and never found. Of two classes, what GLUE calls F1 (MRPC, QQP)
   * is that of class 1.
   */
  readonly f1ByClass: readonly number[];
  /** Matthews' correlation (Gorodkin, 2004, for more than two classes), -1 to 1; 0 where it is undefined. */
  readonly matthews: number;
  readonly total: number;
}

/**
 * Compares predicted classes with the right ones.
 *
 * @param gold The right class of each example, 0 … classes - 1.
 * @param predicted The predicted one, in the same order.
 * @throws ClozeError `invalid-input` for a class that there is not.
 *
 * @example
 * scoreClassification([0, 1, 1], [0, 1, 0], 2).accuracy; // 0.667
 */
export function scoreClassification(
  gold: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): ClassificationMetrics {
  const total = gold.length;
  const right = new Float64Array(classes);
  const given = new Float64Array(classes);
  const said = new Float64Array(classes);
  for (let i = 0; i < total; i++) {
    for (const value of [gold[i], predicted[i]])
      if (!(value in right))
        throw new ClozeError(
          "invalid-input",
          `Example ${i} has class ${value}, but the classes are 0 to ${classes - 1}.`,
        );
    given[gold[i]]++;
    said[predicted[i]]++;
    if (gold[i] === predicted[i]) right[gold[i]]++;
  }
  const f1ByClass = Array.from(right, (n, c) => (n === 0 ? 0 : (2 * n) / (given[c] + said[c])));
  const seen = f1ByClass.filter((_, c) => given[c] + said[c] > 0);
  return {
    accuracy: sum(right) / total,
    f1: sum(seen) / seen.length,
    f1ByClass,
    matthews: matthews(right, given, said, total),
    total,
  };
}

function matthews(right: Float64Array, given: Float64Array, said: Float64Array, total: number): number {
  const product = (a: Float64Array, b: Float64Array): number => sum(a.map((x, i) => x * b[i]));
  const square = total * total;
  const spread = (square - product(given, given)) * (square - product(said, said));
  return spread === 0 ? 0 : (sum(right) * total - product(given, said)) / Math.sqrt(spread);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
