/**
 * The head for a whole text or a pair of texts: one linear layer on one vector (Devlin et al., 2018, 4.1).
 *
 * One label of several, several at once, or a number: the forward pass is the same, the decoding differs.
 */
import { dense } from "../model/bert.ts";
import { softmaxInPlace } from "../graph/vectors.ts";
import type { HeadKind } from "../plugin.ts";
import { complainOfLabels, complainOfTextFeatures, textFeatures } from "./head.ts";
import type { Head } from "./head.ts";

export const sequence: Head = {
  kinds: ["sequence", "multi-label", "regression"],
  architectures: ["BertForSequenceClassification"],
  scope: "classifier",

  describe({ labels, problem }) {
    const kind: Record<NonNullable<typeof problem>, HeadKind> = {
      "single-label": "sequence",
      "multi-label": "multi-label",
      regression: "regression",
    };
    return { kind: kind[problem ?? "single-label"], labels, features: "pooler" };
  },

  complaint: (plugin) =>
    complainOfTextFeatures(plugin) ??
    (plugin.kind === "regression" && plugin.labels.length !== 1
      ? `a regression has one label, not ${plugin.labels.length}`
      : complainOfLabels(plugin)),

  forward(g, encoder, { labels, features }, scope) {
    const vector = g.dropout(textFeatures(g, encoder, features), encoder.config.dropout.classifier);
    return { "": dense(g, scope, vector, labels.length) }; // [batch, labels]
  },
};

/** Every way from logits to scores. */
export const scoreFunctions = ["softmax", "sigmoid", "none"] as const;
/** How logits become scores. `none` leaves them as they are. */
export type ScoreFunction = (typeof scoreFunctions)[number];

/** The function that a kind is trained with; a single logit has nothing to be compared with, so it gets a sigmoid. */
export function scoreFunction(kind: HeadKind, labels: number): ScoreFunction {
  if (kind === "regression") return "none";
  return kind === "multi-label" || labels === 1 ? "sigmoid" : "softmax";
}

/**
 * Scores of one text.
 *
 * @param logits One a label.
 * @returns One a label, in the same order, in double precision.
 */
export function decodeScores(logits: ArrayLike<number>, apply: ScoreFunction): Float64Array {
  const scores = Float64Array.from(logits);
  if (apply === "softmax") return softmaxInPlace(scores);
  if (apply === "sigmoid") return scores.map((x) => 1 / (1 + Math.exp(-x)));
  return scores;
}
