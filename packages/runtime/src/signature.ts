/**
 * Binds ONNX files that other tools made (optimum, transformers, torch.onnx, ONNX Runtime's optimizer): which of a
 * file's inputs is which of ours, which of its outputs plays which role, and what of a BERT it therefore is. What is
 * not one is refused with the reason.
 *
 * How the file's outputs become ours is `adapter.ts`'s matter.
 */
import { ClozeError, parseConfig } from "@cloze/core";
import type { ElementType, OnnxStructure, OnnxValue } from "./onnx/read.ts";
import { inferSizes } from "./onnx/sizes.ts";

/** What an input of a file reads. */
export type Feed = "input_ids" | "attention_mask" | "token_type_ids" | "position_ids";

export interface BoundInput {
  readonly name: string;
  readonly feed: Feed;
  readonly type: ElementType;
}

/** What an output of a file is, by Hugging Face's names; `hidden.N` is one layer's. */
export type Role =
  | "last_hidden_state"
  | "pooler_output"
  | "logits"
  | "start_logits"
  | "end_logits"
  | "prediction_logits"
  | "seq_relationship_logits"
  | `hidden.${number}`;

export interface Signature {
  readonly inputs: readonly BoundInput[];
  readonly outputs: ReadonlyMap<Role, OnnxValue>;
  /** In a file for multiple choice, how many rows of ours make one of its: [rows / choices, choices, length]. */
  readonly choices: number | undefined;
  /** How many rows of ours one run takes, where the file says. */
  readonly rows: number | undefined;
  /** The length of every row, where the file says. */
  readonly length: number | undefined;
  /** Whether the file can tell padding from words. */
  readonly masked: boolean;
}

/**
 * Binds a file.
 *
 * @param configJson The config.json beside it; without one the sizes are read off the file.
 * @returns The signature, and a config.json for what the file is.
 * @throws ClozeError `unsupported` for what is no BERT, `invalid-model` where file and config.json contradict each other.
 */
export function bindModel(
  structure: OnnxStructure,
  configJson: string | undefined,
): { readonly signature: Signature; readonly config: string } {
  const bound = bindInputs(structure);
  const text = configJson ?? JSON.stringify(inferSizes(structure, bound));
  const { config, head } = parseConfig(text);
  const outputs = bindOutputs(structure, config.hiddenSize);
  const architecture = architectureOf(outputs, head.architecture, config.vocabularySize, bound.choices);
  const json = JSON.parse(text) as Readonly<Record<string, unknown>>; // parseConfig has seen that it is an object
  const labels = labelled.has(architecture) ? countLabels(outputs, json, head.labels.length) : undefined;
  return {
    signature: { ...bound, outputs },
    config: JSON.stringify({ ...json, architectures: [architecture], num_labels: labels }),
  };
}

/** The classes whose logits are one a label. */
const labelled: ReadonlySet<string> = new Set([
  "BertForSequenceClassification",
  "BertForTokenClassification",
]);

/** How many labels a head has: by the file, and by config.json, where that names them. */
function countLabels(
  outputs: Signature["outputs"],
  { id2label, num_labels }: Readonly<Record<string, unknown>>,
  named: number,
): number {
  const width = outputs.get("logits")?.dims?.at(-1);
  const told = id2label !== undefined || num_labels !== undefined;
  if (typeof width === "number" && told && width !== named)
    throw new ClozeError(
      "invalid-model",
      `The model gives ${width} logits, but config.json names ${named} labels: they are not of one model.`,
    );
  if (typeof width === "number") return width;
  if (told) return named;
  throw new ClozeError(
    "unsupported",
    "Neither the model nor config.json tells how many labels there are: name them in config.json, as id2label.",
  );
}

/** What exporters call the inputs. */
const aliases: readonly (readonly [RegExp, Feed])[] = [
  [/^(input_ids|input|ids|tokens|token_ids|input_word_ids)$/, "input_ids"],
  [/^(attention_mask|input_mask|mask|padding_mask)$/, "attention_mask"],
  [/^(token_type_ids|segment_ids|segments|input_type_ids|token_types)$/, "token_type_ids"],
  [/^(position_ids|positions)$/, "position_ids"],
];

/** Binds the inputs, in whatever order and under whatever alias. */
function bindInputs({ inputs }: OnnxStructure): Omit<Signature, "outputs"> {
  const past = inputs.find(({ name }) => /^past[_.]|past_key_values/.test(name));
  if (past) throw notBert(`it is a decoder, which reads its own past (${past.name})`);
  const found = new Map<Feed, OnnxValue>();
  const strange: OnnxValue[] = [];
  for (const input of inputs) {
    const feed = lookUp(aliases, input.name);
    if (feed === undefined) strange.push(input);
    else if (found.has(feed))
      throw new ClozeError(
        "unsupported",
        `Both ${found.get(feed)!.name} and ${input.name} may be the model's ${feed}: export it with Hugging Face's names.`,
      );
    else found.set(feed, input);
  }
  const ids = found.get("input_ids");
  if (!ids || !isInteger(ids.type))
    throw notBert(
      `none of its inputs is token ids: it reads ${inputs.map(describe).join(", ") || "nothing"}`,
    );
  if (strange.length > 0)
    throw new ClozeError(
      "unsupported",
      `The model also reads ${strange.map(describe).join(", ")}, which Cloze cannot give: export it with input_ids, ` +
        "attention_mask and token_type_ids.",
    );
  const dims = ids.dims ?? ["batch", "length"];
  if (dims.length !== 2 && dims.length !== 3)
    throw notBert(`its token ids are [${dims.join()}], not [batch, length]`);
  const length = sizeOf(dims[dims.length - 1]);
  const masked = found.has("attention_mask");
  if (length !== undefined && !masked)
    throw new ClozeError(
      "unsupported",
      `The model takes rows of ${length} tokens and no attention_mask, so it cannot tell words from padding: export it ` +
        "with one, or with a free length.",
    );
  const choices = dims.length === 3 ? (sizeOf(dims[1]) ?? 1) : undefined;
  const batch = sizeOf(dims[0]);
  if (choices !== undefined && choices > 1 && batch !== undefined && batch > 1)
    throw new ClozeError(
      "unsupported",
      `The model takes ${batch} questions of ${choices} choices at once: export it with a free number of either.`,
    );
  return {
    inputs: [...found].map(([feed, input]) => bindInput(feed, input, dims.length)),
    choices,
    rows: choices !== undefined && choices > 1 ? choices : batch,
    length,
    masked,
  };
}

function bindInput(feed: Feed, input: OnnxValue, rank: number): BoundInput {
  const { name, type, dims } = input;
  if (type === undefined || (feed !== "attention_mask" && !isInteger(type)))
    throw new ClozeError(
      "unsupported",
      `The model's ${describe(input)} is of a type that Cloze cannot give.`,
    );
  if (dims !== undefined && dims.length !== rank)
    throw new ClozeError(
      "unsupported",
      `The model's ${describe(input)} should be shaped like its token ids, of rank ${rank}.`,
    );
  return { name, feed, type };
}

/** What exporters call the outputs. */
const roles: readonly (readonly [RegExp, Role])[] = [
  [/^(last_hidden_state|token_embeddings|sequence_output)$/, "last_hidden_state"],
  [/^(pooler_output|pooled_output|sentence_embedding)$/, "pooler_output"],
  [/^(output_)?start(_logits|_scores)?$/, "start_logits"],
  [/^(output_)?end(_logits|_scores)?$/, "end_logits"],
  [/^prediction_(logits|scores)$/, "prediction_logits"],
  [/^seq_relationship_(logits|score)$/, "seq_relationship_logits"],
  [/^logits$/, "logits"],
];

/** Finds the roles of the outputs, by their names or, where no name says anything, by their shapes. */
function bindOutputs({ inputs, outputs }: OnnxStructure, hidden: number): ReadonlyMap<Role, OnnxValue> {
  const floats = outputs.filter(({ type }) => type === "float32" || type === "float16");
  const found = new Map<Role, OnnxValue>();
  const add = (role: Role | undefined, output: OnnxValue): unknown =>
    role === undefined || found.has(role) || found.set(role, output);
  for (const output of floats) {
    const layer = /^hidden_states?[._](\d+)$/.exec(output.name)?.[1];
    const role = layer === undefined ? lookUp(roles, output.name) : (`hidden.${Number(layer)}` as const);
    if (role !== "pooler_output" || hasWidth(output, hidden)) add(role, output); // not one made smaller or larger
  }
  if (found.size === 0) {
    const length = inputs.find(({ name }) => lookUp(aliases, name) === "input_ids")?.dims?.at(-1);
    const sides = floats.filter(
      ({ dims }) => dims?.length === 2 && (typeof dims[1] === "string" || dims[1] === length),
    );
    if (sides.length === 2) {
      const [start, end] = sides.sort((a, b) => trailingNumber(a.name) - trailingNumber(b.name));
      add("start_logits", start);
      add("end_logits", end);
    } else {
      for (const output of floats) {
        const { dims } = output;
        if (dims?.length === 3) add(dims[2] === hidden ? "last_hidden_state" : "logits", output);
        if (dims?.length === 2) add(dims[1] === hidden ? "pooler_output" : "logits", output);
      }
    }
  }
  if (found.size === 0)
    throw notBert(
      `its outputs (${outputs.map(describe).join(", ")}) are neither hidden states nor a head's logits`,
    );
  for (const [role, output] of found)
    if ((role === "last_hidden_state" || role.startsWith("hidden.")) && !hasWidth(output, hidden))
      throw new ClozeError(
        "invalid-model",
        `The model gives ${describe(output)}, but config.json says hidden_size ${hidden}: they are not of one model.`,
      );
  return found;
}

/**
 * The class of `transformers` whose outputs these are. What a file gives counts for more than what its config.json
 * was written for (`named`), since a model is often exported with fewer heads than it has, or with none.
 */
function architectureOf(
  outputs: Signature["outputs"],
  named: string,
  vocabulary: number,
  choices: number | undefined,
): string {
  if (outputs.has("start_logits") && outputs.has("end_logits")) return "BertForQuestionAnswering";
  const words = outputs.has("prediction_logits");
  const next = outputs.has("seq_relationship_logits");
  if (words || next)
    return words && next ? "BertForPreTraining" : words ? "BertForMaskedLM" : "BertForNextSentencePrediction";
  const logits = outputs.get("logits");
  if (!logits) return "BertModel";
  if (choices !== undefined) return "BertForMultipleChoice";
  if (logits.dims === undefined) return named;
  if (logits.dims.length === 2)
    return named === "BertForNextSentencePrediction" && hasWidth(logits, 2)
      ? named
      : "BertForSequenceClassification";
  if (logits.dims[2] === vocabulary) return "BertForMaskedLM";
  if (named === "BertForQuestionAnswering" && hasWidth(logits, 2)) return named;
  if ((named === "BertForMaskedLM" || named === "BertForPreTraining") && hasWidth(logits, vocabulary))
    return "BertForMaskedLM";
  return "BertForTokenClassification";
}

/** Looks a name up, lower-cased and without what TensorFlow and torch put before and after it. */
function lookUp<T>(table: readonly (readonly [RegExp, T])[], name: string): T | undefined {
  const plain = name
    .toLowerCase()
    .replace(/^serving_default_/, "")
    .replace(/[.:]\d+$/, "");
  return table.find(([pattern]) => pattern.test(plain))?.[1];
}

/** Whether the last axis is of this size, or its size is free and so may be. */
function hasWidth({ dims }: OnnxValue, size: number): boolean {
  const width = dims?.at(-1);
  return typeof width !== "number" || width === size;
}

function isInteger(type: ElementType | undefined): boolean {
  return type === "int64" || type === "int32";
}

function trailingNumber(name: string): number {
  return Number(/(\d+)$/.exec(name)?.[1] ?? 0);
}

function sizeOf(dim: number | string): number | undefined {
  return typeof dim === "number" && dim > 0 ? dim : undefined;
}

function describe({ name, type, dims }: OnnxValue): string {
  return `${name} ${type ?? "of another type"}${dims ? ` [${dims.join()}]` : ""}`;
}

function notBert(reason: string): ClozeError {
  return new ClozeError("unsupported", `The model is no BERT that Cloze can run: ${reason}.`);
}
