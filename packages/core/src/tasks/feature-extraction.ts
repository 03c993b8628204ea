/**
 * Feature extraction: one vector for a text or a pair of texts (Devlin et al., 2018, 5.3).
 *
 * The pooling happens in the graph, where the hidden states are; only vectors come back.
 */
import type { TextInput } from "../encoding/encode.ts";
import { ClozeError } from "../errors.ts";
import type { RunOptions } from "../session.ts";
import { encodeTexts, runBatches } from "./task.ts";
import type { TaskModel } from "./task.ts";

export interface EmbedOptions extends RunOptions {
  /** The mean of the tokens' vectors (default), [CLS]'s vector, or [CLS] through the pooler. */
  readonly pooling?: "mean" | "cls" | "pooler" | undefined;
  /**
   * The layers to read, concatenated in this order: 0 is the embeddings, L the last layer, -1 the last, -2 the
   * one before it. The last one by default.
   */
  readonly layers?: readonly number[] | undefined;
  /** Whether to scale the vector to length 1. */
  readonly normalize?: boolean | undefined;
  readonly maxLength?: number | undefined;
}

export interface Embedding {
  readonly embedding: Float32Array;
  readonly truncated?: true;
}

/**
 * Embeds texts.
 *
 * @returns One vector an input, in order: hidden size × layers numbers.
 * @throws ClozeError `invalid-input`, `invalid-option`, `unsupported` where the model has no pooler, and what the
 *   session throws.
 */
export async function embed(
  model: TaskModel,
  inputs: readonly TextInput[],
  options: EmbedOptions = {},
): Promise<Embedding[]> {
  const outputs = features(model, options);
  const encodings = encodeTexts(model, inputs, options.maxLength);

  const results = new Array<Embedding>(inputs.length);
  const size = model.config.hiddenSize;
  await runBatches(model, encodings, outputs, options, (i, rows) => {
    const embedding = new Float32Array(rows.length * size);
    for (const [n, { data }] of rows.entries()) embedding.set(data, n * size);
    if (options.normalize) normalize(embedding);
    results[i] = encodings[i].truncated ? { embedding, truncated: true } : { embedding };
  });
  return results;
}

function features(
  { config, session }: TaskModel,
  { pooling = "mean", layers = [-1] }: EmbedOptions,
): string[] {
  if (pooling === "pooler") {
    if (layers.length !== 1 || (layers[0] !== -1 && layers[0] !== config.layers))
      throw new ClozeError("invalid-option", "The pooler reads the last layer: leave layers out.", {
        field: "layers",
      });
    if (session.outputs.length > 0 && !session.outputs.includes("pooler_output"))
      throw new ClozeError("unsupported", "This model has no pooler: use mean or cls.", { field: "pooling" });
    return ["pooler_output"];
  }
  if (layers.length === 0)
    throw new ClozeError("invalid-option", "layers should name at least one layer.", { field: "layers" });
  return layers.map((layer) => {
    const n = layer < 0 ? config.layers + 1 + layer : layer;
    if (!Number.isInteger(n) || n < 0 || n > config.layers)
      throw new ClozeError(
        "invalid-option",
        `There is no layer ${layer}: this model has 0 (the embeddings) to ${config.layers}, or -1 to ${-config.layers - 1}.`,
        { field: "layers" },
      );
    return `${pooling}.${n}`;
  });
}

function normalize(vector: Float32Array): void {
  let sum = 0;
  for (const x of vector) sum += x * x;
  if (sum === 0) return;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i++) vector[i] *= scale;
}
