/**
 * What each kind of head is trained to make small. Each loss is a weighted sum over its examples; whoever makes the
 * weights sum to 1 makes it a mean.
 */
import { ClozeError } from "@cloze/core";
import type { GraphBuilder, HeadKind, Value } from "@cloze/core";
import { sumAll } from "./vjp/rule.ts";

/**
 * What a head's labels are called among the feeds.
 *
 * @example
 * labelsName("sentiment"); // "sentiment.labels"
 */
export function labelsName(head: string): string {
  return `${head}.labels`;
}

/**
 * What the weights of a head's examples are called among the feeds.
 *
 * @example
 * weightsName("sentiment"); // "sentiment.weights"
 */
export function weightsName(head: string): string {
  return `${head}.weights`;
}

/** How a loss is written. */
export interface LossOptions {
  /** The share of each label's weight that is spread over all labels (Szegedy et al., 2016). */
  readonly smoothing?: number | undefined;
  /** How many choices a question has. */
  readonly choices?: number | undefined;
}

type Loss = (g: GraphBuilder, head: string, logits: Value, options: LossOptions) => Value;

/** The loss of each kind, a scalar. It declares the feeds `<head>.labels` and `<head>.weights`. */
export const losses: Readonly<Record<HeadKind, Loss>> = {
  "masked-lm": crossEntropy, // logits [batch, masks, vocabulary], labels [batch, masks]
  "next-sentence": crossEntropy, // logits [batch, 2], labels [batch]
  sequence: crossEntropy, // logits [batch, labels], labels [batch]
  token: crossEntropy, // logits [batch, length, labels], labels [batch, length]

  // The mean of the losses of start and end (google-research/bert, run_squad.py): logits [batch, length, 2].
  span(g, head, logits, options) {
    const turned = g.transpose(logits, [0, 2, 1]); // [batch, 2, length]
    const [batch] = logits.shape;
    const labels = g.input(labelsName(head), [batch, 2], "int32");
    const weights = g.input(weightsName(head), [batch], "float32");
    const half = g.multiply(g.expand(weights, 1), g.constant(0.5)); // [batch, 1]
    return weigh(g, classLosses(g, turned, labels, options), half);
  },

  // Logits of one question's choices are one row: [questions · choices, 1] → [questions, choices].
  choice(g, head, logits, options) {
    if (options.choices === undefined)
      throw new ClozeError("invalid-option", `Say how many choices a question of the head ${head} has.`, {
        field: "choices",
      });
    const labels = g.input(labelsName(head), ["questions"], "int32");
    const weights = g.input(weightsName(head), ["questions"], "float32");
    const rows = g.reshape(logits, ["questions", options.choices]);
    return weigh(g, classLosses(g, rows, labels, options), weights);
  },

  // Binary cross-entropy of every label, their mean: labels [batch, labels], 0 or 1.
  "multi-label"(g, head, logits) {
    const [batch, count] = logits.shape;
    const labels = g.input(labelsName(head), logits.shape, "float32");
    const weights = g.input(weightsName(head), [batch], "float32");
    const zero = g.broadcast(g.constant(0), logits);
    const both = g.concat([g.expand(logits, 2), g.expand(zero, 2)], 2); // [batch, labels, 2]
    const each = g.subtract(g.logSumExp(both), g.multiply(logits, labels)); // log(1 + e^x) - y·x
    return weigh(g, g.multiply(each, g.constant(1 / Number(count))), g.expand(weights, 1));
  },

  // Squared error: labels [batch].
  regression(g, head, logits) {
    const [batch] = logits.shape;
    const labels = g.input(labelsName(head), [batch], "float32");
    const weights = g.input(weightsName(head), [batch], "float32");
    const difference = g.subtract(g.select(logits, 1, 0), labels); // [batch]
    return weigh(g, g.multiply(difference, difference), weights);
  },
};

/** Cross-entropy of the last axis with a label and a weight for each of the others. */
function crossEntropy(g: GraphBuilder, head: string, logits: Value, options: LossOptions): Value {
  const shape = logits.shape.slice(0, -1);
  const labels = g.input(labelsName(head), shape, "int32");
  const weights = g.input(weightsName(head), shape, "float32");
  return weigh(g, classLosses(g, logits, labels, options), weights);
}

/** -log p of each label: logits [..., classes], labels [...] → [...]. */
function classLosses(g: GraphBuilder, logits: Value, labels: Value, { smoothing = 0 }: LossOptions): Value {
  const last = logits.shape.length - 1;
  const total = g.logSumExp(logits); // [...]
  const right = g.select(g.take(logits, g.expand(labels, last)), last, 0); // [...]
  const loss = g.subtract(total, right);
  if (smoothing === 0) return loss;
  const width = logits.shape[last]; // of a span's logits the length, which is a name
  const count =
    typeof width === "number" ? g.constant(width) : g.sum(g.broadcast(g.constant(1), logits), last);
  const uniform = g.subtract(total, g.divide(g.sum(logits, last), count));
  return g.add(g.multiply(loss, g.constant(1 - smoothing)), g.multiply(uniform, g.constant(smoothing)));
}

/** Σ weight · loss, a scalar. */
function weigh(g: GraphBuilder, each: Value, weights: Value): Value {
  return sumAll(g, g.multiply(each, weights));
}
