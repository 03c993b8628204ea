/**
 * The head that the encoder is pre-trained with: the words at masked positions (Devlin et al., 2018, 3.1, task 1).
 *
 * Only the masked positions go through the vocabulary product, and the best are chosen in the graph: what travels is
 * a few numbers a mask, not a matrix of the vocabulary's width for every token.
 */
import type { GraphBuilder, Value } from "../graph/graph.ts";
import { topPlaces } from "../graph/vectors.ts";
import { activate, dense, norm } from "../model/bert.ts";
import { MASKED_POSITIONS } from "../session.ts";
import { complainOfTokenFeatures } from "./head.ts";
import type { Head } from "./head.ts";

/** How many candidates the graph chooses; whoever wants more reads the logits. */
const TOP = 32;

/** The head on masked words. */
export const maskedLm: Head = {
  kinds: ["masked-lm"],
  architectures: ["BertForMaskedLM", "BertForPreTraining"],
  scope: "cls.predictions",

  describe: ({ tied }) => ({ kind: "masked-lm", labels: [], features: "hidden", ...(tied ? {} : { tied }) }),

  complaint: (plugin) =>
    complainOfTokenFeatures(plugin) ??
    (plugin.labels.length > 0 ? "its labels are the vocabulary: leave them out" : undefined),

  forward(g, { config, read }, { tied = true }, scope) {
    const { vocabularySize: V, hiddenSize: H } = config;
    const positions = g.input(MASKED_POSITIONS, ["batch", "masks"], "int32");
    const masked = g.gatherRows(read("last_hidden_state"), positions); // [batch, masks, hidden]
    const inner = activate(g, config, dense(g, `${scope}.transform.dense`, masked, H));
    const transformed = norm(g, config, `${scope}.transform.LayerNorm`, inner);
    // Tied: the decoder is the table of word embeddings, one parameter used twice.
    const decoder = tied ? "bert.embeddings.word_embeddings.weight" : `${scope}.decoder.weight`;
    const logits = g.linear(transformed, g.parameter(decoder, [V, H]), g.parameter(`${scope}.bias`, [V]));
    return { "": logits, ...rank(g, logits, V) }; // [batch, masks, vocabulary]
  },
};

/**
 * The best candidates of each mask.
 *
 * @param logits [batch, masks, vocabulary].
 * @returns `.ids` and `.scores`, their logits, [batch, masks, k], best first; `.total` [batch, masks], what a logit is
 *   less of is its log probability.
 * @example
 * const g = new GraphBuilder();
 * const logits = g.input("logits", ["batch", "masks", 100], "float32");
 * rank(g, logits, 100)[".ids"].shape; // ["batch", "masks", 32]
 */
export function rank(
  g: GraphBuilder,
  logits: Value,
  vocabularySize: number,
): { readonly ".ids": Value; readonly ".scores": Value; readonly ".total": Value } {
  const ids = g.topIds(logits, Math.min(TOP, vocabularySize)); // [batch, masks, k]
  return { ".ids": g.toFloat(ids), ".scores": g.take(logits, ids), ".total": g.logSumExp(logits) };
}

/** What is asked of the head named `name` to get `top` candidates a mask. Infinity: any word may be asked for. */
export function outputsOf(name: string, top: number): string[] {
  return top <= TOP ? [`${name}.total`, `${name}.ids`, `${name}.scores`] : [`${name}.total`, name];
}

/** One row of an output that was asked for by `outputsOf`. */
type Outputs = readonly { readonly data: Float32Array; readonly dims: readonly number[] }[];

export interface Candidate {
  readonly id: number;
  readonly score: number;
}

/** The best candidates of one mask with their probabilities, best first. */
export function candidatesOf(outputs: Outputs, mask: number, top: number): Candidate[] {
  if (outputs.length === 2) return chooseCandidates(outputs, mask, top);
  const [total, ids, scores] = outputs;
  const width = ids.dims[1];
  return Array.from({ length: Math.min(top, width) }, (_, i) => ({
    id: ids.data[mask * width + i],
    score: Math.exp(scores.data[mask * width + i] - total.data[mask]),
  }));
}

/** The best of those candidates that are allowed; needs all logits. */
export function chooseCandidates(
  outputs: Outputs,
  mask: number,
  top: number,
  allowed: (id: number) => boolean = () => true,
): Candidate[] {
  const [total, { data, dims }] = outputs;
  const logits = data.subarray(mask * dims[1], (mask + 1) * dims[1]);
  const masked = logits.map((logit, id) => (allowed(id) ? logit : -Infinity));
  return topPlaces(masked, Math.min(top, masked.length))
    .filter((id) => masked[id] > -Infinity)
    .map((id) => ({ id, score: Math.exp(logits[id] - total.data[mask]) }));
}

/** The probability of one word at one mask; needs all logits. */
export function probabilityOf([total, logits]: Outputs, mask: number, id: number): number {
  return Math.exp(logits.data[mask * logits.dims[1] + id] - total.data[mask]);
}
