/**
 * All heads, and the whole model: the encoder with the heads and features on top of it, in one graph with named
 * outputs.
 */
import { ClozeError } from "../errors.ts";
import { GraphBuilder } from "../graph/graph.ts";
import type { BuilderOptions, Graph } from "../graph/graph.ts";
import type { BertConfig } from "../model/config.ts";
import { encoderOutputs, fedOutputs } from "../model/outputs.ts";
import type { Features } from "../model/outputs.ts";
import type { HeadKind, Plugin } from "../plugin.ts";
import { choice } from "./choice.ts";
import type { Head } from "./head.ts";
import { maskedLm } from "./masked-lm.ts";
import { nextSentence } from "./next-sentence.ts";
import { sequence } from "./sequence.ts";
import { span } from "./span.ts";
import { token } from "./token.ts";

export type { Head, HeadShape } from "./head.ts";

/** One head a way of reading the encoder: together they serve every kind of plugin. */
export const heads: readonly Head[] = [maskedLm, nextSentence, sequence, token, span, choice];

/**
 * The head that serves a kind.
 *
 * @example
 * findHead("regression").architectures; // ["BertForSequenceClassification"]
 */
export function findHead(kind: HeadKind): Head {
  return heads.find((head) => head.kinds.includes(kind))!; // every kind has one: heads.test.ts
}

/**
 * Refuses a plugin whose labels or features do not fit its kind.
 *
 * @throws ClozeError `invalid-plugin`.
 * @example
 * const span = parsePlugin('{"name":"quotes","kind":"span","labels":["start","end"],"features":"hidden"}');
 * checkPlugin(span); // with three labels it would throw
 */
export function checkPlugin(plugin: Plugin): void {
  const complaint = findHead(plugin.kind).complaint(plugin);
  if (complaint === undefined) return;
  throw new ClozeError(
    "invalid-plugin",
    `The head ${plugin.name} of kind ${plugin.kind} does not fit: ${complaint}.`,
  );
}

/** A head to be put on an encoder: its outputs bear its name, its parameters begin with its scope. */
export type AttachedHead = Pick<Plugin, "name" | "kind" | "scope" | "labels" | "features" | "tied">;

/** What a model's graph has. */
export interface ModelGraphOptions extends BuilderOptions {
  readonly pooler: boolean;
  readonly heads: readonly AttachedHead[];
  /** Left to right: in training only, with the further input `causal_bias`. */
  readonly causal?: boolean | undefined;
}

/**
 * The graph of a whole model: the encoder's outputs (`encoderOutputs`), and for each head its logits under its name,
 * and what else it gives under its name and a suffix.
 *
 * @example
 * const graph = buildModel(presets.tiny, { pooler: true, heads: [] });
 */
export function buildModel(config: BertConfig, options: ModelGraphOptions): Graph {
  const g = new GraphBuilder(options);
  const outputs = encoderOutputs(g, config, options.pooler, options.causal);
  const read = (name: string) => {
    const value = outputs.get(name);
    if (value) return value;
    throw new ClozeError(
      "unsupported",
      `The encoder has no ${name}, which a head reads: load a model that has.`,
    );
  };
  for (const [name, value] of outputs) g.output(name, value);
  for (const head of options.heads) attach(g, { config, read }, head);
  return g.build();
}

/**
 * The graph of one head, whose inputs are outputs of its encoder: for a head that came after its encoder.
 *
 * @example
 * buildHead(config, plugin).parameters.map(({ shape }) => shape); // [[2, 384], [2]]
 */
export function buildHead(config: BertConfig, head: AttachedHead): Graph {
  const g = new GraphBuilder();
  attach(g, fedOutputs(g, config), head);
  return g.build();
}

function attach(g: GraphBuilder, encoder: Features, head: AttachedHead): void {
  const values = findHead(head.kind).forward(g, encoder, head, head.scope);
  for (const [suffix, value] of Object.entries(values)) g.output(`${head.name}${suffix}`, value);
}
