/**
 * A model's sizes and choices: Hugging Face's `config.json`, read and checked, and the presets of the papers.
 *
 * What the head is (`architectures`, labels) is read here too, since it stands in the same file; what a head does
 * is left to `heads/`.
 */
import { ClozeError } from "../errors.ts";

/** The activation between the two feed-forward layers. `gelu` is exact (erf), `gelu-tanh` the approximation. */
export type Activation = "gelu" | "gelu-tanh" | "relu";

/** The sizes of one BERT, in the paper's words: L layers, hidden size H, A attention heads (section 3). */
export interface BertConfig {
  readonly vocabularySize: number; // V
  readonly hiddenSize: number; // H
  readonly layers: number; // L
  readonly heads: number; // A
  readonly intermediateSize: number; // 4·H in the paper
  readonly maxPositions: number; // P
  readonly segmentTypes: number; // 2
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  /** The rates at which training drops what. */
  readonly dropout: DropoutRates;
}

/** Rates of dropout (A.2: 0.1 on all layers). Serving drops nothing. */
export interface DropoutRates {
  /** Of the embeddings' numbers, and of what each half of a layer adds. */
  readonly hidden: number;
  /** Of the attention probabilities. */
  readonly attention: number;
  /** Of what a head for classification reads. */
  readonly classifier: number;
}

/** What `architectures`, `id2label` and `problem_type` say of the head that came with the model. */
export interface HeadConfig {
  readonly architecture: string;
  /** In the order of the logits; empty where the file names none. */
  readonly labels: readonly string[];
  readonly problem: "single-label" | "multi-label" | "regression" | undefined;
  /** Whether the decoder of masked words is the table of word embeddings. */
  readonly tied: boolean;
}

const shape = (layers: number, hiddenSize: number, heads = hiddenSize / 64): BertConfig => ({
  vocabularySize: 30522,
  hiddenSize,
  layers,
  heads,
  intermediateSize: 4 * hiddenSize,
  maxPositions: 512,
  segmentTypes: 2,
  activation: "gelu",
  layerNormEpsilon: 1e-12,
  dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 },
});

/** BASE and LARGE of Devlin et al. (2018, section 3); the smaller ones of Turc et al. (2019). */
export const presets = {
  tiny: shape(2, 128),
  mini: shape(4, 256),
  small: shape(4, 512),
  medium: shape(8, 512),
  base: shape(12, 768),
  large: shape(24, 1024),
} as const satisfies Record<string, BertConfig>;

const activations: ReadonlyMap<unknown, Activation> = new Map([
  ["gelu", "gelu"],
  ["gelu_python", "gelu"],
  ["gelu_new", "gelu-tanh"],
  ["gelu_fast", "gelu-tanh"],
  ["gelu_pytorch_tanh", "gelu-tanh"],
  ["relu", "relu"],
]);

/**
 * Reads a `config.json`.
 *
 * @throws ClozeError `invalid-model` when it is damaged or contradicts itself, `unsupported` when it is not a BERT
 *   or asks for what Cloze cannot do (relative positions, a decoder).
 * @example
 * parseConfig(texts.config).config.hiddenSize; // 384
 */
export function parseConfig(text: string): { config: BertConfig; head: HeadConfig } {
  const json = parseObject(text);
  const kind = json.model_type ?? "bert";
  if (kind !== "bert")
    throw new ClozeError(
      "unsupported",
      `This is a model of type ${JSON.stringify(kind)}; Cloze runs BERT (model_type "bert").`,
    );
  if ((json.position_embedding_type ?? "absolute") !== "absolute")
    throw new ClozeError(
      "unsupported",
      `Position embeddings of type ${String(json.position_embedding_type)} are not BERT's: only "absolute" is.`,
    );
  if (json.is_decoder === true)
    throw new ClozeError("unsupported", "This model is a decoder (is_decoder); Cloze runs encoders.");
  const activation = activations.get(json.hidden_act ?? "gelu");
  if (!activation)
    throw new ClozeError(
      "unsupported",
      `The activation ${String(json.hidden_act)} is not known: use one of ${[...activations.keys()].join(", ")}.`,
    );

  const size = (key: string, fallback?: number): number => parseSize(json, key, fallback);
  const hiddenSize = size("hidden_size");
  const heads = size("num_attention_heads");
  if (hiddenSize % heads !== 0)
    throw new ClozeError(
      "invalid-model",
      `config.json: ${heads} attention heads do not divide a hidden size of ${hiddenSize}.`,
    );
  return {
    config: {
      vocabularySize: size("vocab_size"),
      hiddenSize,
      layers: size("num_hidden_layers"),
      heads,
      intermediateSize: size("intermediate_size"),
      maxPositions: size("max_position_embeddings", 512),
      segmentTypes: size("type_vocab_size", 2),
      activation,
      layerNormEpsilon: parseNumber(json, "layer_norm_eps", 1e-12, "a number from 0", (x) => x >= 0),
      dropout: parseDropout(json),
    },
    head: parseHead(json),
  };
}

type Json = Readonly<Record<string, unknown>>;

function parseDropout(json: Json): DropoutRates {
  const rate = (key: string, fallback: number): number =>
    parseNumber(json, key, fallback, "a number from 0 to below 1", (x) => x >= 0 && x < 1);
  const hidden = rate("hidden_dropout_prob", 0.1);
  const attention = rate("attention_probs_dropout_prob", 0.1);
  return { hidden, attention, classifier: rate("classifier_dropout", hidden) };
}

/** More than any size of any model, and no more than an array may have. */
const MAX_SIZE = 2 ** 31;

function parseSize(json: Json, key: string, fallback?: number): number {
  return parseNumber(
    json,
    key,
    fallback,
    "a positive whole number",
    (x) => Number.isInteger(x) && x >= 1 && x < MAX_SIZE,
  );
}

function parseNumber(
  json: Json,
  key: string,
  fallback: number | undefined,
  range: string,
  fits: (x: number) => boolean,
): number {
  const value = json[key] ?? fallback;
  if (typeof value === "number" && fits(value)) return value;
  throw new ClozeError(
    "invalid-model",
    `config.json: ${key} should be ${range}, but is ${JSON.stringify(value)}.`,
    { field: key },
  );
}

function parseHead(json: Json): HeadConfig {
  const architectures = Array.isArray(json.architectures) ? json.architectures : [];
  const architecture = typeof architectures[0] === "string" ? architectures[0] : "BertModel";
  const problem = problems.get(json.problem_type ?? null);
  if (!problems.has(json.problem_type ?? null))
    throw new ClozeError(
      "unsupported",
      `config.json: problem_type ${JSON.stringify(json.problem_type)} is not one of Hugging Face's.`,
    );
  const tied = json.tie_word_embeddings !== false;
  return { architecture, labels: parseLabels(json), problem, tied };
}

const problems: ReadonlyMap<unknown, HeadConfig["problem"]> = new Map([
  [null, undefined],
  ["single_label_classification", "single-label"],
  ["multi_label_classification", "multi-label"],
  ["regression", "regression"],
]);

function parseLabels(json: Json): string[] {
  const names = json.id2label;
  if (typeof names !== "object" || names === null) {
    const count = parseSize(json, "num_labels", 2); // Hugging Face's default
    return Array.from({ length: count }, (_, i) => `LABEL_${i}`);
  }
  const entries = Object.entries(names);
  const labels = new Array<string>(entries.length);
  for (const [id, label] of entries) {
    if (/^(0|[1-9]\d*)$/.test(id) && Number(id) < entries.length && typeof label === "string")
      labels[Number(id)] = label;
    else
      throw new ClozeError(
        "invalid-model",
        `config.json: id2label should map 0 … ${entries.length - 1} to names, but has ${id}: ${JSON.stringify(label)}.`,
      );
  }
  if (new Set(labels).size !== labels.length)
    throw new ClozeError(
      "invalid-model",
      "config.json: id2label gives two outputs one name; make the labels distinct.",
    );
  return labels;
}

function parseObject(text: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ClozeError(
      "invalid-model",
      "config.json is not JSON: the file is damaged, fetch the model again.",
      { cause },
    );
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new ClozeError("invalid-model", "config.json should hold one JSON object.");
  return json as Json;
}
