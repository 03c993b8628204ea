/**
 * The head for multiple choice: one number for each pair of a context and a choice, compared over the choices (Devlin
 * et al., 2018, 4.4).
 */
import { softmaxInPlace } from "../graph/vectors.ts";
import { dense } from "../model/bert.ts";
import { complainOfTextFeatures, textFeatures } from "./head.ts";
import type { Head } from "./head.ts";

export const choice: Head = {
  kinds: ["choice"],
  architectures: ["BertForMultipleChoice"],
  scope: "classifier",

  describe: () => ({ kind: "choice", labels: ["choice"], features: "pooler" }),

  complaint: (plugin) =>
    complainOfTextFeatures(plugin) ??
    (plugin.labels.length === 1 ? undefined : `a choice has one label, not ${plugin.labels.length}`),

  forward(g, encoder, { features }, scope) {
    const vector = g.dropout(textFeatures(g, encoder, features), encoder.config.dropout.classifier);
    return { "": dense(g, scope, vector, 1) }; // [batch, 1], one row a choice
  },
};

/** The probability of each choice, from its logit. */
export function decodeChoices(logits: ArrayLike<number>): Float64Array {
  return softmaxInPlace(Float64Array.from(logits));
}
