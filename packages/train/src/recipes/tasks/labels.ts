/**
 * The labels of a task and what they count.
 */
import { ClozeError } from "@cloze/core";
import type { FinetuneOptions } from "../finetune-options.ts";

/**
 * Sees that labels can be learned, and tells of those that hardly can.
 *
 * @param occurrences How often each label is in the training data.
 * @throws ClozeError `invalid-input` where there is but one label, or of several a text none.
 */
export function checkLabels(
  labels: readonly string[],
  occurrences: ArrayLike<number>,
  file: string,
  { onWarning, multiLabel }: FinetuneOptions,
): void {
  if (labels.length < (multiLabel ? 1 : 2))
    throw new ClozeError(
      "invalid-input",
      `${file} has ${labels.length === 0 ? "no label" : `one label, ${labels.join()}`}: there is nothing to tell apart.`,
      { field: "train" },
    );
  const once = labels.filter((_, i) => occurrences[i] === 1);
  if (once.length > 0)
    onWarning?.(
      `${file} has one example of ${once.join(", ")}: too few to learn from. Add more or leave it out.`,
    );
}

/**
 * What an example of each label counts: `balanced` counts each label alike however often it occurs, n / (labels · n of
 * the label), as scikit-learn's.
 *
 * @throws ClozeError `invalid-option` for a weight that is none, or of a label that there is not.
 *
 * @example
 * weightsOf("balanced", ["no", "yes"], [30, 10]); // 0.667, 2
 */
export function weightsOf(
  asked: FinetuneOptions["classWeights"],
  labels: readonly string[],
  occurrences: ArrayLike<number>,
): Float32Array {
  if (asked === undefined) return new Float32Array(labels.length).fill(1);
  if (asked === "balanced") {
    const total = Array.from(occurrences).reduce((a, b) => a + b, 0);
    return Float32Array.from(labels, (_, i) =>
      occurrences[i] === 0 ? 0 : total / (labels.length * occurrences[i]),
    );
  }
  for (const [label, weight] of Object.entries(asked)) {
    if (!labels.includes(label))
      throw new ClozeError("invalid-option", `${label} is no label, which are ${labels.join(", ")}.`, {
        field: "classWeights",
      });
    if (!(typeof weight === "number" && weight > 0 && weight < Infinity))
      throw new ClozeError(
        "invalid-option",
        `The weight of ${label} should be a number above 0, not ${weight}.`,
        {
          field: "classWeights",
        },
      );
  }
  return Float32Array.from(labels, (label) => (Object.hasOwn(asked, label) ? asked[label] : 1));
}

/** How often each of so many classes occurs. */
export function countClasses(classes: Iterable<number>, count: number): Float64Array {
  const occurrences = new Float64Array(count);
  for (const one of classes) if (one >= 0) occurrences[one]++;
  return occurrences;
}
