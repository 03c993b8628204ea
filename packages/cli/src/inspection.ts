/**
 * What a model is made of, without loading it: parameters, memory and work by formula, tensors and heads as they are in
 * its files. How it is shown is the command's matter.
 */
import { stat } from "node:fs/promises";
import path from "node:path";
import { buildHead, buildModel, ClozeError, flopsPerToken, parameterCount } from "@cloze/core";
import type { BertConfig, FlopCount, Graph, ParameterCount, Plugin } from "@cloze/core";
import type { ModelFolder, OnnxModel, Precision } from "@cloze/runtime/node";

type Shape = readonly number[];

/** What any configuration tells. */
export interface Sizes {
  readonly config: BertConfig;
  /** Of the encoder. */
  readonly parameters: ParameterCount;
  /** Bytes of all weights, heads too. */
  readonly memory: Readonly<Record<Precision, number>>;
  /** Of the encoder. */
  readonly flops: { readonly length: number; readonly perToken: FlopCount; readonly perText: number };
}

export interface Tensor {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype?: string;
  readonly bytes?: number;
  /** False for what no graph reads. */
  readonly used?: boolean;
}

export interface HeadAbout extends Pick<Plugin, "name" | "title" | "kind" | "labels" | "features"> {
  readonly parameters: number;
  /** Of one token, mask or text, whichever it speaks of. */
  readonly flops: number;
  readonly runs: boolean;
  /** The parameters that it needs and the files do not have. */
  readonly missing?: readonly string[];
}

export interface FolderAbout extends Sizes {
  readonly weights: readonly { readonly dtype: string; readonly tensors: number; readonly bytes: number }[];
  readonly plugins: readonly HeadAbout[];
  readonly tensors: readonly Tensor[];
}

/** A configuration of which there are no files. */
export function inspectConfig(config: BertConfig, length?: number): Sizes & { tensors: readonly Tensor[] } {
  const weights = weightsOf(buildModel(config, { pooler: true, heads: [] }));
  const tensors = weights.map(({ name, shape }) => ({ name, shape }));
  return { ...sizesOf(config, parameterCount(config), weights, length), tensors };
}

/** A model folder. */
export function inspectFolder({ config, plugins, tensors }: ModelFolder, length?: number): FolderAbout {
  const pooler = tensors.has("bert.pooler.dense.weight"); // an encoder may have been saved without its pooler
  const count = parameterCount(config);
  const parameters = pooler ? count : { ...count, pooler: 0, total: count.total - count.pooler };
  const encoder = weightsOf(buildModel(config, { pooler, heads: [] }));
  const own = new Set(encoder.map(({ name }) => name));
  const all = [...encoder];
  const heads = plugins.map((plugin): HeadAbout => {
    const { name, title, kind, labels, features } = plugin;
    const read = weightsOf(buildHead(config, plugin));
    const added = read.filter((parameter) => !own.has(parameter.name));
    all.push(...added);
    const missing = read
      .filter((parameter) => !tensors.has(parameter.name))
      .map((parameter) => parameter.name);
    if (features === "pooler" && !pooler) missing.push("bert.pooler.dense.weight");
    return {
      name,
      title,
      kind,
      labels,
      features,
      parameters: total(added),
      flops: 2 * total(read.filter(({ factor }) => factor)),
      runs: missing.length === 0,
      ...(missing.length > 0 && { missing }),
    };
  });
  const used = new Set(all.map(({ name }) => name));
  return {
    ...sizesOf(config, parameters, all, length),
    weights: byType([...tensors.values()]),
    plugins: heads,
    tensors: Array.from(tensors, ([name, { shape, dtype, bytes }]) => {
      return { name, shape, dtype, bytes, used: used.has(name) };
    }),
  };
}

/** An `.onnx` file that another tool made: what it takes and gives. */
export async function inspectOnnx(model: OnnxModel, length?: number) {
  const { path: file, architecture, config, weights, signature, plugins } = model;
  let bytes = 0;
  for (const part of [file, ...weights]) bytes += (await stat(path.resolve(path.dirname(file), part))).size;
  return {
    path: file,
    architecture,
    config,
    bytes,
    flops: flopsOf(config, length),
    inputs: signature.inputs.map(({ name }) => name),
    outputs: Array.from(signature.outputs.values(), ({ name }) => name),
    plugins: plugins.map(({ name, title, kind, labels, features }) => {
      return { name, title, kind, labels, features };
    }),
  };
}

function sizesOf(
  config: BertConfig,
  parameters: ParameterCount,
  weights: readonly Weight[],
  length: number | undefined,
): Sizes {
  return { config, parameters, memory: memoryOf(weights), flops: flopsOf(config, length) };
}

/** @throws ClozeError `invalid-option` for a length that the model does not take. */
function flopsOf(config: BertConfig, length = Math.min(128, config.maxPositions)): Sizes["flops"] {
  if (length > config.maxPositions)
    throw new ClozeError(
      "invalid-option",
      `A length of ${length} tokens is out of range: this model takes ${config.maxPositions}.`,
      { field: "length" },
    );
  const perToken = flopsPerToken(config, length);
  return { length, perToken, perText: length * perToken.total };
}

/** `cloze export` keeps matrices of fewer rows in float32 (@cloze/runtime, onnx/profiles.ts). */
const FEW_ROWS = 16;
const BLOCK = 32;

/** As `cloze export` stores them. */
function memoryOf(weights: readonly Weight[]): Record<Precision, number> {
  const sum = (bytes: (rows: number, width: number) => number): number =>
    weights.reduce((all, { shape, matrix }) => {
      const [rows, width] = shape;
      return all + (matrix && rows >= FEW_ROWS ? bytes(rows, width) : 4 * product(shape));
    }, 0);
  return {
    fp32: 4 * total(weights),
    fp16: 2 * total(weights),
    int8: sum((rows, width) => rows * (width + 4)), // a scale a row
    int4: sum((rows, width) => {
      const blocks = Math.ceil(width / BLOCK);
      return rows * (blocks * (BLOCK / 2 + 4) + Math.ceil(blocks / 2)); // a scale and a zero point a block
    }),
  };
}

/** A parameter as a graph declares it. */
interface Weight {
  readonly name: string;
  readonly shape: Shape;
  /** Whether vectors are multiplied by it. */
  readonly factor: boolean;
  /** Whether that, or looked up in it. */
  readonly matrix: boolean;
}

function weightsOf({ parameters, nodes }: Graph): Weight[] {
  const factors = new Set(nodes.map(({ operator, inputs }) => operator === "linear" && inputs[1]));
  const tables = new Set(nodes.map(({ operator, inputs }) => operator === "embed" && inputs[0]));
  return parameters.flatMap((value) => {
    if (!("name" in value.source)) return [];
    const factor = factors.has(value);
    const matrix = factor || tables.has(value);
    return [{ name: value.source.name, shape: value.shape.map(Number), factor, matrix }];
  });
}

function byType(tensors: readonly { readonly dtype: string; readonly bytes: number }[]) {
  const sums = new Map<string, { tensors: number; bytes: number }>();
  for (const { dtype, bytes } of tensors) {
    const sum = sums.get(dtype) ?? { tensors: 0, bytes: 0 };
    sums.set(dtype, { tensors: sum.tensors + 1, bytes: sum.bytes + bytes });
  }
  return Array.from(sums, ([dtype, sum]) => ({ dtype, ...sum }));
}

function total(tensors: readonly { readonly shape: Shape }[]): number {
  return tensors.reduce((sum, { shape }) => sum + product(shape), 0);
}

function product(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}
