/**
 * The head that says whether the second text follows the first (Devlin et al., 2018, 3.1, task 2).
 */
import { softmaxInPlace } from "../graph/vectors.ts";
import { dense } from "../model/bert.ts";
import { complainOfTextFeatures, textFeatures } from "./head.ts";
import type { Head } from "./head.ts";

/** In the order of the logits: label 0 is "is next", as in the original. */
const labels = ["next", "random"];

export const nextSentence: Head = {
  kinds: ["next-sentence"],
  architectures: ["BertForNextSentencePrediction", "BertForPreTraining"],
  scope: "cls.seq_relationship",

  describe: () => ({ kind: "next-sentence", labels, features: "pooler" }),

  complaint: (plugin) =>
    complainOfTextFeatures(plugin) ??
    (plugin.labels.length === 2 ? undefined : "it has two labels, the first of what follows"),

  forward(g, encoder, { features }, scope) {
    return { "": dense(g, scope, textFeatures(g, encoder, features), labels.length) }; // [batch, 2]
  },
};

/** The probability that the second text follows the first. */
export function decodeNext(logits: ArrayLike<number>): number {
  return softmaxInPlace(Float64Array.from(logits))[0];
}
