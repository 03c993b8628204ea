/**
 * Metrics of texts that may have any number of labels: F1 over all labels, its mean by label, and how often all of a
 * text's labels are right.
 */
import { ClozeError } from "@cloze/core";

/** How well labels were told. */
export interface MultiLabelMetrics {
  /** The share of texts whose labels are all right and complete, 0 to 1. */
  readonly exact: number;
  /** F1 over all decisions together, 0 to 1 (micro). */
  readonly microF1: number;
  /** The mean of the labels' F1, each label alike (macro). */
  readonly macroF1: number;
  /** F1 of each label, 0 for one that was neither given nor predicted. */
  readonly f1ByLabel: readonly number[];
  /** How many texts there are. */
  readonly total: number;
}

/**
 * Compares predicted labels with the right ones.
 *
 * @param gold 1 for a label that a text has, else 0: [texts, labels], row by row.
 * @param predicted The same of what was predicted.
 * @throws ClozeError `invalid-input` when there is no text, or the two are not of one size.
 *
 * @example
 * scoreMultiLabel([1, 0, 1, 1], [1, 0, 0, 1], 2).exact; // 0.5: the first text's are right
 */
export function scoreMultiLabel(
  gold: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: number,
): MultiLabelMetrics {
  const total = gold.length / labels;
  if (!Number.isInteger(total) || total === 0 || predicted.length !== gold.length)
    throw new ClozeError(
      "invalid-input",
      `There should be ${labels} decisions a text, and as many predicted as given, not ${predicted.length} and ` +
        `${gold.length}.`,
    );
  const both = new Float64Array(labels);
  const either = new Float64Array(labels); // given, and said: what is both counts twice
  let exact = 0;
  for (let row = 0; row < total; row++) {
    let right = true;
    for (let l = 0; l < labels; l++) {
      const given = gold[row * labels + l];
      const said = predicted[row * labels + l];
      both[l] += given * said;
      either[l] += given + said;
      right &&= given === said;
    }
    if (right) exact++;
  }
  const f1ByLabel = Array.from(both, (n, l) => f1(n, either[l]));
  return {
    exact: exact / total,
    microF1: f1(sum(both), sum(either)),
    macroF1: sum(Float64Array.from(f1ByLabel)) / labels,
    f1ByLabel,
    total,
  };
}

function f1(both: number, either: number): number {
  return either === 0 ? 0 : (2 * both) / either;
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}
