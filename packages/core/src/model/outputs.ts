/**
 * What can be asked of an encoder, by name. Heads read these outputs and nothing else, so that a head does not know
 * whether it stands in the encoder's own graph or gets what another graph gave.
 */
import type { GraphBuilder, Value } from "../graph/graph.ts";
import type { FeatureKind } from "../plugin.ts";
import { encode, inputs, mean, pool } from "./bert.ts";
import type { BertConfig } from "./config.ts";

/** An encoder's outputs as a head reads them. */
export interface Features {
  readonly config: BertConfig;
  /** The output of this name. */
  readonly read: (output: string) => Value;
}

/**
 * Writes the encoder and names its outputs:
 * - `last_hidden_state` and `hidden.N` [batch, length, hidden]: every token's vector after layer N, 0 being the
 *   embeddings;
 * - `mean.N` and `cls.N` [batch, hidden]: one vector of layer N, pooled where it is computed, so that a vector and not
 *   a matrix travels;
 * - `pooler_output` [batch, hidden], where the model has a pooler.
 */
export function encoderOutputs(
  g: GraphBuilder,
  config: BertConfig,
  pooler: boolean,
  causal = false,
): Map<string, Value> {
  const encoder = encode(g, config, inputs(g), causal);
  const outputs = new Map([["last_hidden_state", encoder.last]]);
  for (let n = 0; n <= config.layers; n++) {
    outputs.set(`hidden.${n}`, encoder.hidden[n]);
    outputs.set(`mean.${n}`, mean(g, encoder, n));
    outputs.set(`cls.${n}`, g.select(encoder.hidden[n], 1, 0));
  }
  if (pooler) outputs.set("pooler_output", pool(g, encoder));
  return outputs;
}

/** Declares as inputs what a head reads: the graph of a head that stands apart from its encoder. */
export function fedOutputs(g: GraphBuilder, config: BertConfig): Features {
  const read = (output: string): Value => {
    const tokens = output === "last_hidden_state" || output.startsWith("hidden.");
    return g.input(
      output,
      tokens ? ["batch", "length", config.hiddenSize] : ["batch", config.hiddenSize],
      "float32",
    );
  };
  return { config, read };
}

/** The outputs that make up a kind of features, to be laid one behind the other. */
export function featureOutputs({ layers: L }: BertConfig, features: FeatureKind): string[] {
  switch (features) {
    case "pooler":
      return ["pooler_output"];
    case "hidden":
      return ["last_hidden_state"];
    case "last-four":
      return [L - 3, L - 2, L - 1, L].filter((n) => n >= 0).map((n) => `mean.${n}`);
    case "mean":
    case "cls":
      return [`${features}.${L}`];
  }
}
