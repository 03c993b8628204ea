/**
 * A trained model, written as a folder in Hugging Face's layout.
 */
import type { BertConfig, HeadConfig } from "@cloze/core";
import { encodeSafetensors } from "@cloze/runtime/safetensors";
import type { Numbers } from "../train-step.ts";

/** The files that a tokenizer may be in. */
export const tokenizerNames: readonly string[] = [
  "vocab.txt",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
];

const activations = { gelu: "gelu", "gelu-tanh": "gelu_new", relu: "relu" } as const;
const problems = {
  "single-label": "single_label_classification",
  "multi-label": "multi_label_classification",
  regression: "regression",
} as const;

/** What `config.json` says beside the sizes. */
export interface ModelHead extends Pick<HeadConfig, "labels" | "problem"> {
  /** The class of `transformers` that the folder is loaded as. */
  readonly architecture: string;
}

/**
 * The `config.json` of a model.
 *
 * @example
 * JSON.parse(configText(presets.tiny, { architecture: "BertForMaskedLM", labels: [], problem: undefined })).hidden_size; // 128
 */
export function configText(config: BertConfig, { architecture, labels, problem }: ModelHead): string {
  const { dropout } = config;
  const json = {
    architectures: [architecture],
    model_type: "bert",
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.maxPositions,
    type_vocab_size: config.segmentTypes,
    hidden_act: activations[config.activation],
    layer_norm_eps: config.layerNormEpsilon,
    hidden_dropout_prob: dropout.hidden,
    attention_probs_dropout_prob: dropout.attention,
    ...(dropout.classifier !== dropout.hidden && { classifier_dropout: dropout.classifier }),
    initializer_range: 0.02,
    pad_token_id: 0,
    torch_dtype: "float32",
    ...(labels.length > 0 && {
      id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
      label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    }),
    ...(problem && { problem_type: problems[problem] }),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** The bytes of a `model.safetensors`, in pieces: float32, in the order of the names' shapes. */
export function weightsContent(
  weights: Numbers,
  shapes: ReadonlyMap<string, readonly number[]>,
): AsyncIterable<Uint8Array> {
  return encodeSafetensors(
    [...shapes].map(([name, shape]) => {
      const data = weights.get(name)!;
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return { name, dtype: "F32", shape, chunks: () => [bytes] };
    }),
    { format: "pt" },
  );
}
