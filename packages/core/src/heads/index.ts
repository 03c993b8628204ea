/**
 * All heads, and the whole model: the encoder with the heads and features on top of it, in one graph with named
 * outputs.
 */
import { ClozeError } from "../errors.ts";
import { GraphBuilder } from "../graph/graph.ts";
import type { Graph } from "../graph/graph.ts";
import { encode, inputs, mean, pool } from "../model/bert.ts";
import type { BertConfig } from "../model/config.ts";
import type { HeadKind, Plugin } from "../plugin.ts";
import type { Head, HeadShape } from "./head.ts";
import { sequence } from "./sequence.ts";
import { span } from "./span.ts";
import { token } from "./token.ts";

export type { Head, HeadShape } from "./head.ts";

export const heads: readonly Head[] = [sequence, span, token];

/** The head that serves a kind; undefined for the kinds that have no file here yet. */
export function findHead(kind: HeadKind): Head | undefined {
  return heads.find((head) => head.kinds.includes(kind));
}

/**
 * Refuses a plugin whose labels or features do not fit its kind. A kind that has no head here passes: it is not run.
 *
 * @throws ClozeError `invalid-plugin`.
 */
export function checkPlugin(plugin: Plugin): void {
  const complaint = findHead(plugin.kind)?.complaint(plugin);
  if (complaint === undefined) return;
  throw new ClozeError(
    "invalid-plugin",
    `The head ${plugin.name} of kind ${plugin.kind} does not fit: ${complaint}.`,
  );
}

/** A head to be put on an encoder. */
export interface AttachedHead {
  /** The name of its output. */
  readonly output: string;
  readonly kind: HeadKind;
  /** What its parameters are called: `<scope>.weight`, `<scope>.bias`. */
  readonly scope: string;
  readonly shape: HeadShape;
}

/**
 * The graph of a whole model. Its outputs, by name:
 * - `last_hidden_state` [batch, length, hidden]; `pooler_output` [batch, hidden] where the model has a pooler;
 * - `mean.N` and `cls.N` [batch, hidden]: features of layer N, 0 being the embeddings, pooled where they are
 *   computed, so that a vector and not a matrix travels;
 * - one output a head, its logits.
 *
 * @example
 * const graph = buildModel(presets.tiny, { pooler: true, heads: [] });
 */
export function buildModel(
  config: BertConfig,
  options: { readonly pooler: boolean; readonly heads: readonly AttachedHead[] },
): Graph {
  const g = new GraphBuilder();
  const encoder = encode(g, config, inputs(g));
  g.output("last_hidden_state", encoder.last);
  for (let n = 0; n <= config.layers; n++) {
    g.output(`mean.${n}`, mean(g, encoder, n));
    g.output(`cls.${n}`, g.select(encoder.hidden[n], 1, 0));
  }
  if (options.pooler) g.output("pooler_output", pool(g, encoder));
  for (const { output, kind, scope, shape } of options.heads) {
    const head = findHead(kind);
    if (!head) throw new ClozeError("unsupported", `Heads of kind ${kind} cannot be run yet.`);
    g.output(output, head.forward(g, encoder, shape, scope));
  }
  return g.build();
}
