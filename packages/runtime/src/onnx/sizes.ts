/**
 * What an ONNX file tells of its BERT's sizes where no config.json does: the tables that tokens and segments are looked
 * up in, and how many layers there are.
 */
import { ClozeError } from "@cloze/core";
import type { Feed, Signature } from "../signature.ts";
import type { OnnxNode, OnnxStructure } from "./read.ts";

/** Nodes that hand on what they read, in another shape or type. */
const passing = new Set([
  "Identity",
  "Cast",
  "Reshape",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
  "DequantizeLinear",
]);

/** One of them is one layer's attention: as exported, and as ONNX Runtime's optimizer fuses it. */
const attentions = new Set(["Softmax", "Attention", "MultiHeadAttention", "QAttention"]);

/**
 * Sizes under config.json's own names.
 *
 * `num_attention_heads`, `hidden_act` and `layer_norm_eps` are in no file's shapes: the usual ones are given, and
 * nothing that runs a finished graph reads them.
 *
 * @throws ClozeError `unsupported`, naming what cannot be told.
 */
export function inferSizes(
  structure: OnnxStructure,
  { inputs, length }: Pick<Signature, "inputs" | "length">,
): Readonly<Record<string, number>> {
  const nameOf = (feed: Feed): string | undefined => inputs.find((input) => input.feed === feed)?.name;
  const words = lookup(structure, nameOf("input_ids"), 2);
  if (words === undefined) throw unknown("the size of its vocabulary");
  const [vocabulary, hidden] = words;
  // Where the length is fixed, exporters fold the table of positions into one of that length.
  const positions = length ?? table(structure, hidden, /position_?embedding/i)?.[0];
  if (positions === undefined) throw unknown("how many positions it has");
  const layers = countLayers(structure);
  if (layers === 0) throw unknown("how many layers it has");
  const kinds = lookup(structure, nameOf("token_type_ids"), 4);
  return {
    vocab_size: vocabulary,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: hidden % 64 === 0 ? hidden / 64 : 1,
    intermediate_size: intermediate(structure) ?? 4 * hidden,
    max_position_embeddings: positions,
    ...(kinds && { type_vocab_size: kinds[0] }),
  };
}

/**
 * The table that an input is looked up in, [rows, width].
 *
 * @param place Where EmbedLayerNormalization, which looks up everything at once, has that table.
 */
function lookup(
  { nodes, initializers }: OnnxStructure,
  input: string | undefined,
  place: 2 | 4,
): readonly number[] | undefined {
  if (input === undefined) return undefined;
  const same = new Set([input]);
  const producers = new Map<string, OnnxNode>();
  const dimsOf = (name: string): readonly number[] | undefined => {
    const producer = producers.get(name);
    return producer && passing.has(producer.operator)
      ? dimsOf(producer.inputs[0])
      : initializers.get(name)?.dims;
  };
  for (const node of nodes) {
    for (const output of node.outputs) producers.set(output, node);
    const [first, second] = node.inputs;
    if (passing.has(node.operator) && same.has(first)) same.add(node.outputs[0]);
    const found =
      node.operator === "Gather" && same.has(second)
        ? dimsOf(first)
        : node.operator === "EmbedLayerNormalization" && node.inputs.some((name) => same.has(name))
          ? dimsOf(node.inputs[place])
          : undefined;
    if (found?.length === 2) return found;
  }
  return undefined;
}

/** A table by its name; exporters keep the names of what they do not transpose. */
function table({ initializers }: OnnxStructure, width: number, name: RegExp): readonly number[] | undefined {
  for (const [key, { dims }] of initializers)
    if (dims.length === 2 && dims[1] === width && name.test(key)) return dims;
  return undefined;
}

function intermediate({ initializers }: OnnxStructure): number | undefined {
  for (const [name, { dims }] of initializers)
    if (/intermediate.*bias/.test(name) && dims.length === 1) return dims[0];
  return undefined;
}

function countLayers({ nodes, initializers }: OnnxStructure): number {
  const numbers = [...initializers.keys()].map((name) =>
    Number(/[./_]layer[._](\d+)[./_]/.exec(name)?.[1] ?? -1),
  );
  const named = Math.max(-1, ...numbers) + 1;
  return named > 0 ? named : nodes.filter(({ operator }) => attentions.has(operator)).length;
}

function unknown(what: string): ClozeError {
  return new ClozeError(
    "unsupported",
    `The file does not tell ${what}: put the model's config.json beside it.`,
  );
}
