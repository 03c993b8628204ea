/**
 * Emits a graph as an ONNX model: nodes by the rules of `lowering.ts`, names and types of its inputs and outputs by a
 * signature, and weights either where they are or inside.
 */
import { ClozeError, needed } from "@cloze/core";
import type { Graph, Value } from "@cloze/core";
import { narrow } from "../narrow.ts";
import type { WeightType } from "../narrow.ts";
import type { StoredTensor } from "../safetensors.ts";
import { lower } from "./lowering.ts";
import type { Emitter, Rules } from "./lowering.ts";
import { encodeModel } from "./wire.ts";
import type { ElementType, ModelProto, NodeProto, Part, TensorProto, ValueInfoProto } from "./wire.ts";

const OPSET = 20;
const IR_VERSION = 9; // the one of opset 20

export type Weights = ReadonlyMap<string, StoredTensor>;

/** What a model looks like from outside. */
export interface Signature {
  /** Declares an input; `read` is the name of what the graph reads, which nodes may have made of it. */
  input(e: Emitter, name: string, value: Value): { readonly info: ValueInfoProto; readonly read: string };
  /** Declares an output; `result` is the name of what becomes it. */
  output(
    e: Emitter,
    name: string,
    value: Value,
    result: string,
  ): { readonly info: ValueInfoProto; readonly result: string };
}

export interface EmitOptions {
  readonly signature: Signature;
  /** Rules in the place of the portable ones. */
  readonly profile: Partial<Rules>;
  /** The type that is computed in. */
  readonly compute: "F32" | "F16";
  /**
   * Reads a weight. Where it is given, weights are laid into the model, in the type that is computed in; without it the
   * model points into their files, and weights of another type are cast as they are used.
   */
  readonly read?: (tensor: StoredTensor) => Promise<Float32Array<ArrayBuffer>>;
  /** Whether weights are inputs, after those of the graph: they change from run to run. */
  readonly fed?: boolean;
}

/**
 * Emits `graph` for a session of our own, with weights that stay where they are. The model points
 * into their files by byte offset (ONNX's external data), so it is a few kilobytes, and `model.safetensors` is the one
 * file with weights. Those stored in another type than is computed in are cast, which ONNX Runtime does once, at load.
 * Whatever it computes in, it takes and gives float32.
 *
 * @param weights Where each parameter lies, by name; paths are relative to the folder of the model.
 * @param profile Rules in the place of the portable ones.
 * @param compute The type that is computed in.
 * @returns The bytes of the `.onnx` file.
 * @throws ClozeError `invalid-model` when a parameter is missing or has another shape.
 * @example
 * const bytes = toOnnx(graph, folder.tensors);
 * bytes.length < 100_000; // true: the weights stay in their file
 */
export function toOnnx(
  graph: Graph,
  weights: Weights,
  profile: Partial<Rules> = {},
  compute: EmitOptions["compute"] = "F32",
): Uint8Array<ArrayBuffer> {
  const signature = compute === "F32" ? local : localHalf;
  return concatenate(encodeModel(emit(graph, weights, { signature, profile, compute })));
}

/**
 * Emits `graph` with its weights as inputs, for training: after the graph's own inputs come the parameters that it reads.
 *
 * @example
 * const bytes = toTrainingOnnx(buildTrainingGraph({ config, heads: [plugin] }));
 */
export function toTrainingOnnx(graph: Graph): Uint8Array<ArrayBuffer> {
  return concatenate(
    encodeModel(emit(graph, new Map(), { signature: local, profile: {}, compute: "F32", fed: true })),
  );
}

/** onnx.TensorProto.DataType of the types that can be computed in. */
const castTo = { F32: 1, F16: 10 } as const;

/** The signature of our own sessions: the graph's names, int32 and float32. */
const local: Signature = {
  input: (_, name, value) => ({ info: describe(name, value), read: name }),
  output: (_, name, value, result) => ({ info: describe(name, value), result }),
};

/** The same around arithmetic in half precision. */
const localHalf: Signature = {
  input: (e, name, value) => ({
    info: describe(name, value),
    read: value.type === "int32" ? name : e.node("Cast", [name], { to: castTo.F16 }),
  }),
  output: (e, name, value, result) => ({
    info: describe(name, value),
    result: value.type === "int32" ? result : e.node("Cast", [result], { to: castTo.F32 }),
  }),
};

function describe(name: string, { type, shape }: Value): ValueInfoProto {
  return { name, type: type === "int32" ? "I32" : "F32", dims: shape };
}

/**
 * Emits `graph`.
 *
 * @throws ClozeError `invalid-model` when a parameter is missing or has another shape.
 */
export function emit(graph: Graph, weights: Weights, options: EmitOptions): ModelProto {
  const { signature, profile, compute, read, fed = false } = options;
  const nodes: NodeProto[] = [];
  const initializers = new Map<string, TensorProto>();
  const names = new Map<Value, string>();
  const written = new Map<string, string[]>();
  const shapes = new Map<string, string>();

  const add = (tensor: TensorProto): string => {
    initializers.set(tensor.name, tensor);
    return tensor.name;
  };
  const integers = (name: string, dims: readonly number[], values: readonly number[]) =>
    add({ name, type: "I64", dims, data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer) });
  const weightOf = (parameter: Value) => {
    const name = nameOfParameter(parameter);
    const tensor = findWeight(weights, name, parameter.shape);
    return { name, tensor, type: read ? compute : tensor.dtype };
  };
  const emitter: Emitter = {
    node: (operator, operands, attributes) => emitter.several(1, operator, operands, attributes)[0],
    several(count, operator, operands, attributes) {
      const inputs = operands.map((operand) => (typeof operand === "string" ? operand : nameOf(operand)));
      const key = JSON.stringify([count, operator, inputs, attributes]);
      const known = written.get(key);
      if (known) return known;
      const name = `${operator.slice(operator.lastIndexOf(".") + 1)}_${nodes.length}`;
      const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}.${i}`));
      written.set(key, outputs);
      nodes.push({ operator, inputs, outputs, ...(attributes && { attributes }) });
      return outputs;
    },
    ints: (values) => integers(`ints_${values.join("_")}`, [values.length], values),
    int: (value) => integers(`int_${value}`, [], [value]),
    float(value) {
      const name = `float_${value}`;
      return add({ name, type: compute, dims: [], data: narrow(name, Float32Array.of(value), compute) });
    },
    whole(value) {
      const data = new Uint8Array(Int32Array.of(value).buffer);
      return add({ name: `whole_${value}`, type: "I32", dims: [], data });
    },
    shape(value) {
      const key = value.shape.join();
      const shape = shapes.get(key) ?? emitter.node("Shape", [value]);
      shapes.set(key, shape);
      return shape;
    },
    stored(parameter) {
      if (fed || !isParameter(parameter)) return nameOf(parameter);
      const { name, tensor, type } = weightOf(parameter);
      const { shape: dims, file: location, offset, bytes: length } = tensor;
      const data = read
        ? pending(length * (bytesOf[type] / bytesOf[tensor.dtype]), async () =>
            narrow(name, await read(tensor), type),
          )
        : { location, offset, length };
      return add({ name, type, dims, data });
    },
    widen: (result, parameter) =>
      fed || !isParameter(parameter) || weightOf(parameter).type === compute
        ? result
        : emitter.node("Cast", [result], { to: castTo[compute] }),
    madeBy: (value) => made.get(value),
    derived(parameter, what, { type, dims, make }) {
      const { name, tensor } = weightOf(parameter);
      if (!read) throw new TypeError("What is derived from weights is laid into the model.");
      const length = dims.reduce((a, b) => a * b, bytesOf[type]);
      return add({
        name: `${name}.${what}`,
        type,
        dims,
        data: pending(length, async () => make(await read(tensor))),
      });
    },
  };
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    if (value.source.kind === "constant") return emitter.float(value.source.value);
    if (!isParameter(value)) throw new TypeError("A node reads what comes after it.");
    const name = emitter.widen(emitter.stored(value), value);
    names.set(value, name);
    return name;
  };

  const wanted = [...graph.outputs.values()];
  const order = needed(graph, wanted);
  const made = new Map(order.map((node) => [node.output, node]));
  const inputs = graph.inputs.map((value) => {
    const { info, read: name } = signature.input(
      emitter,
      "name" in value.source ? value.source.name : "",
      value,
    );
    names.set(value, name);
    return info;
  });
  if (fed) {
    const used = new Set([...wanted, ...order.flatMap((node) => node.inputs)]);
    for (const parameter of graph.parameters) {
      if (!used.has(parameter)) continue;
      names.set(parameter, nameOfParameter(parameter));
      inputs.push(describe(nameOfParameter(parameter), parameter));
    }
  }
  for (const node of order) names.set(node.output, lower(emitter, node, profile));
  const outputNames = new Map<string, string>();
  const outputs = [...graph.outputs].map(([name, value]) => {
    const { info, result } = signature.output(emitter, name, value, nameOf(value));
    const isMade = nodes.some((node) => node.outputs.includes(result));
    if (isMade && !outputNames.has(result)) outputNames.set(result, name);
    else nodes.push({ operator: "Identity", inputs: [result], outputs: [name] });
    return info;
  });
  // What is an output bears its name from the start: an Identity would be one more node to run.
  const called = (name: string): string => outputNames.get(name) ?? name;
  return {
    opset: OPSET,
    irVersion: IR_VERSION,
    nodes: nodesFor([...outputNames.keys(), ...graph.outputs.keys()], nodes).map((node) => ({
      ...node,
      inputs: node.inputs.map(called),
      outputs: node.outputs.map(called),
    })),
    initializers: [...initializers.values()],
    inputs,
    outputs,
  };
}

/** The nodes without which these results are not there: ONNX Runtime would run the others, too. */
function nodesFor(results: readonly string[], nodes: readonly NodeProto[]): readonly NodeProto[] {
  const wanted = new Set(results);
  const kept = nodes.toReversed().filter(({ inputs, outputs }) => {
    const isWanted = outputs.some((name) => wanted.has(name));
    if (isWanted) for (const name of inputs) wanted.add(name);
    return isWanted;
  });
  return kept.reverse();
}

/** Bytes an element. */
const bytesOf: Readonly<Record<ElementType, number>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I8: 1,
  U8: 1,
};

function pending(length: number, bytes: () => Promise<Uint8Array>): Part {
  return { length, bytes };
}

/** A model whose parts are all there. */
function concatenate(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    if (!(part instanceof Uint8Array))
      throw new TypeError("A model with weights inside is written in parts.");
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function isParameter({ source }: Value): boolean {
  return source.kind === "parameter";
}

function nameOfParameter({ source }: Value): string {
  if (source.kind !== "parameter") throw new TypeError("Only a parameter is stored.");
  return source.name;
}

type Weight = StoredTensor & { readonly dtype: WeightType };

function findWeight(weights: Weights, name: string, shape: Value["shape"]): Weight {
  const stored = weights.get(name);
  if (!stored)
    throw new ClozeError(
      "invalid-model",
      `The weights lack ${name}: they are not of the model that config.json describes.`,
    );
  if (stored.shape.join() !== shape.join())
    throw new ClozeError(
      "invalid-model",
      `${name} is [${stored.shape.join()}] in the weights, but config.json makes it [${shape.join()}].`,
    );
  if (stored.dtype !== "F32" && stored.dtype !== "F16" && stored.dtype !== "BF16")
    throw new ClozeError(
      "unsupported",
      `${name} is stored as ${stored.dtype}; weights may be F32, F16 or BF16.`,
    );
  return stored as Weight;
}
