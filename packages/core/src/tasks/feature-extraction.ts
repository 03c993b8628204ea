/**
 * Feature extraction: a vector for a text, or for every token of it (Devlin et al., 2018, 5.3).
 *
 * Pooling happens in the graph, where the hidden states are; unless every token is asked for, only vectors come back.
 */
import type { TextInput } from "../encoding/encode.ts";
import { ClozeError } from "../errors.ts";
import type { RunOptions } from "../session.ts";
import { encodeTexts, runBatches } from "./task.ts";
import type { TaskModel } from "./task.ts";

/** Which vectors of a text are wanted. */
export interface EmbedOptions extends RunOptions {
  /** The mean of the tokens' vectors (default), [CLS]'s vector, [CLS] through the pooler, or every token's (`none`). */
  readonly pooling?: Pooling | undefined;
  /**
   * The layers to read, concatenated in this order: 0 is the embeddings, L the last layer, -1 the last, -2 the
   * one before it. The last one by default; the paper's best features are [-4, -3, -2, -1].
   */
  readonly layers?: readonly number[] | undefined;
  /** Adds the layers up with these weights, one a layer, in place of concatenating them. */
  readonly weights?: readonly number[] | undefined;
  /** Whether to scale each vector to length 1. */
  readonly normalize?: boolean | undefined;
  readonly maxLength?: number | undefined;
}

/** Every pooling. */
const poolings = ["mean", "cls", "pooler", "none"] as const;
/** How the vectors of tokens become one of the text. */
export type Pooling = (typeof poolings)[number];

/** A text as numbers. */
export interface Embedding {
  /** One vector; with pooling `none` one a token, one behind the other. */
  readonly embedding: Float32Array;
  /** With pooling `none`: the piece of each token, special ones too. */
  readonly tokens?: readonly string[];
  /** With pooling `none`: [start, end) of each token in UTF-16 units of its text, two numbers a token. */
  readonly offsets?: Int32Array;
  /** With pooling `none`: which text each token is of, 0 or 1. */
  readonly segments?: Int32Array;
  readonly truncated?: true;
}

/**
 * Embeds texts.
 *
 * @returns One result an input, in order; a vector has hidden size × layers numbers, or hidden size with `weights`.
 * @throws ClozeError `invalid-input`, `invalid-option`, `unsupported` where the model has no pooler, and what the
 *   session throws.
 * @example
 * const [{ embedding }] = await embed(bert, [{ text: "a warm film" }], { layers: [-4, -3, -2, -1] });
 * embedding.length; // 1536
 */
export async function embed(
  model: TaskModel,
  inputs: readonly TextInput[],
  options: EmbedOptions = {},
): Promise<Embedding[]> {
  const outputs = outputsOf(model, options);
  const { weights, pooling } = options;
  if (weights && (weights.length !== outputs.length || !Array.from(weights).every(Number.isFinite)))
    throw new ClozeError("invalid-option", `weights should be ${outputs.length} numbers, one a layer.`, {
      field: "weights",
    });
  const encodings = encodeTexts(model, inputs, options.maxLength);

  const results = new Array<Embedding>(inputs.length);
  const size = model.config.hiddenSize;
  const width = weights ? size : size * outputs.length;
  await runBatches(model, encodings, outputs, options, (i, rows) => {
    const { ids, offsets, segments, truncated } = encodings[i];
    const vectors = pooling === "none" ? ids.length : 1;
    const embedding = new Float32Array(vectors * width);
    for (const [n, { data }] of rows.entries()) {
      for (let v = 0; v < vectors; v++) {
        const vector = data.subarray(v * size, (v + 1) * size);
        if (weights) for (let d = 0; d < size; d++) embedding[v * width + d] += weights[n] * vector[d];
        else embedding.set(vector, v * width + n * size);
      }
    }
    if (options.normalize)
      for (let v = 0; v < vectors; v++) normalize(embedding.subarray(v * width, (v + 1) * width));
    const tokens = pooling === "none" && Array.from(ids, (id) => model.tokenizer.vocabulary.piece(id));
    results[i] = {
      embedding,
      ...(tokens && { tokens, offsets, segments }),
      ...(truncated && { truncated: true }),
    };
  });
  return results;
}

function outputsOf(
  { config, session }: TaskModel,
  { pooling = "mean", layers = [-1] }: EmbedOptions,
): string[] {
  if (!poolings.includes(pooling))
    throw new ClozeError("invalid-option", `pooling should be one of ${poolings.join(", ")}.`, {
      field: "pooling",
    });
  if (!Array.isArray(layers) || layers.length === 0)
    throw new ClozeError("invalid-option", "layers should be a list of at least one layer.", {
      field: "layers",
    });
  if (pooling === "pooler") {
    if (layers.length !== 1 || (layers[0] !== -1 && layers[0] !== config.layers))
      throw new ClozeError("invalid-option", "The pooler reads the last layer: leave layers out.", {
        field: "layers",
      });
    if (session.outputs.length > 0 && !session.outputs.includes("pooler_output"))
      throw new ClozeError("unsupported", "This model has no pooler: use mean or cls.", { field: "pooling" });
    return ["pooler_output"];
  }
  return layers.map((layer) => {
    const n = layer < 0 ? config.layers + 1 + layer : layer;
    if (!Number.isInteger(n) || n < 0 || n > config.layers)
      throw new ClozeError(
        "invalid-option",
        `There is no layer ${layer}: this model has 0 (the embeddings) to ${config.layers}, or -1 to ${-config.layers - 1}.`,
        { field: "layers" },
      );
    return `${pooling === "none" ? "hidden" : pooling}.${n}`;
  });
}

/** Scales a vector to length 1, in place; the zero vector stays. */
function normalize(vector: Float32Array): void {
  let sum = 0;
  for (const x of vector) sum += x * x;
  if (sum === 0) return;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i++) vector[i] *= scale;
}
