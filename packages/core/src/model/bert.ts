/**
 * BERT (Devlin et al., 2018), written once: a function over the graph builder.
 *
 * Everything that runs, exports or trains the model reads the graph that this file writes. Parameters carry
 * Hugging Face's names, so that a weights file is read as it is. What stands on top of the encoder is left to
 * `heads/`.
 */
import type { GraphBuilder, Value } from "../graph/graph.ts";
import type { BertConfig } from "./config.ts";

/** What the encoder reads. All are [batch, length]. */
export interface Inputs {
  readonly ids: Value; // int32
  readonly segments: Value; // int32, 0 for the first text, 1 for the second
  readonly mask: Value; // float32, 1 for a token, 0 for padding
}

/** What the encoder gives to heads. */
export interface Encoder {
  readonly config: BertConfig;
  /** The embeddings, then the output of each layer: L + 1 values [batch, length, hidden]. */
  readonly hidden: readonly Value[];
  /** The last of them. */
  readonly last: Value;
  /** What each token counts in a mean: [batch, 1, length], 0 for padding, 1 in sum. */
  readonly shares: Value;
}

/** Added to the scores of padding. Softmax makes it 0 exactly; -3.4e38, as others use, is -inf in fp16. */
const PADDING_SCORE = 10_000;

/** The input of a left-to-right model, [length, length]: 0 where the column is not after the row, else -10,000. */
export const CAUSAL_BIAS = "causal_bias";

export function inputs(g: GraphBuilder): Inputs {
  return {
    ids: g.input("input_ids", ["batch", "length"], "int32"),
    segments: g.input("token_type_ids", ["batch", "length"], "int32"),
    mask: g.input("attention_mask", ["batch", "length"], "float32"),
  };
}

/** The encoder: embeddings (section 3, "Input/Output Representations"), then L layers (Vaswani et al., 2017). */
export function encode(
  g: GraphBuilder,
  config: BertConfig,
  { ids, segments, mask }: Inputs,
  causal = false,
): Encoder {
  const padding = g.multiply(g.subtract(mask, g.constant(1)), g.constant(PADDING_SCORE)); // [batch, length]
  const bias = causal ? leftToRight(g, padding) : padding;
  const hidden = [embeddings(g, config, ids, segments)];
  for (let n = 0; n < config.layers; n++) {
    hidden.push(layer(g, config, `bert.encoder.layer.${n}`, hidden[n], bias));
  }
  const shares = g.expand(g.divide(mask, g.expand(g.sum(mask, 1), 1)), 1); // [batch, 1, length]
  return { config, hidden, last: hidden[config.layers], shares };
}

/**
 * Keeps each token from seeing those after it: the left-to-right model that BERT is compared with (5.1). Only for
 * training, which writes attention out of its parts: [batch, 1, length, length].
 */
function leftToRight(g: GraphBuilder, padding: Value): Value {
  const later = g.input(CAUSAL_BIAS, ["length", "length"], "float32");
  return g.add(g.expand(g.expand(padding, 1), 1), later);
}

/** The vector of [CLS] through one more layer: what next-sentence prediction and classification read. */
export function pool(g: GraphBuilder, encoder: Encoder): Value {
  const first = g.select(encoder.last, 1, 0); // [batch, hidden]
  const { hiddenSize: H } = encoder.config;
  return g.tanh(dense(g, "bert.pooler.dense", first, H)); // [batch, hidden]
}

/** The mean of the vectors of the real tokens of one layer, [CLS] and [SEP] among them. */
export function mean(g: GraphBuilder, encoder: Encoder, n: number): Value {
  return g.select(g.matMul(encoder.shares, encoder.hidden[n]), 1, 0); // [batch, hidden]
}

function embeddings(g: GraphBuilder, config: BertConfig, ids: Value, segments: Value): Value {
  const { vocabularySize: V, maxPositions: P, segmentTypes: S, hiddenSize: H } = config;
  const table = (name: string, rows: number) =>
    g.parameter(`bert.embeddings.${name}_embeddings.weight`, [rows, H]);
  const words = g.embed(table("word", V), ids); // [batch, length, hidden]
  const kinds = g.embed(table("token_type", S), segments); // [batch, length, hidden]
  const positions = g.firstRows(table("position", P), ids); // [length, hidden]
  const sum = g.add(g.add(words, kinds), positions); // [batch, length, hidden]
  return g.dropout(norm(g, config, "bert.embeddings.LayerNorm", sum), config.dropout.hidden);
}

/** One layer: attention and feed-forward, each added to its input and normalised after (post-norm). */
function layer(g: GraphBuilder, config: BertConfig, name: string, x: Value, bias: Value): Value {
  const { hiddenSize: H, intermediateSize: I, heads, dropout } = config;
  const query = dense(g, `${name}.attention.self.query`, x, H); // [batch, length, hidden]
  const key = dense(g, `${name}.attention.self.key`, x, H);
  const value = dense(g, `${name}.attention.self.value`, x, H);
  const context = g.attention(query, key, value, bias, heads, dropout.attention); // [batch, length, hidden]
  const attended = dense(g, `${name}.attention.output.dense`, context, H);
  const middle = norm(
    g,
    config,
    `${name}.attention.output.LayerNorm`,
    g.add(g.dropout(attended, dropout.hidden), x),
  );

  const inner = activate(g, config, dense(g, `${name}.intermediate.dense`, middle, I)); // [batch, length, I]
  const outer = dense(g, `${name}.output.dense`, inner, H); // [batch, length, hidden]
  return norm(g, config, `${name}.output.LayerNorm`, g.add(g.dropout(outer, dropout.hidden), middle));
}

/** The activation between two dense layers, as the checkpoint has it. */
export function activate(g: GraphBuilder, { activation }: BertConfig, x: Value): Value {
  if (activation === "relu") return g.relu(x);
  return g.gelu(x, activation === "gelu" ? "none" : "tanh");
}

/** A linear layer with its weight and bias under `name`. */
export function dense(g: GraphBuilder, name: string, x: Value, outs: number): Value {
  const weight = g.parameter(`${name}.weight`, [outs, ...x.shape.slice(-1)]);
  return g.linear(x, weight, g.parameter(`${name}.bias`, [outs]));
}

/** Layer normalisation with its scale and shift under `name`. */
export function norm(g: GraphBuilder, config: BertConfig, name: string, x: Value): Value {
  const width = x.shape.slice(-1);
  const scale = g.parameter(`${name}.weight`, width);
  return g.layerNorm(x, scale, g.parameter(`${name}.bias`, width), config.layerNormEpsilon);
}
