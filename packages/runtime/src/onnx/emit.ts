/**
 * Emits a graph as an ONNX model. Weights stay where they are: the model points into their files by byte offset
 * (ONNX's external data), so it is a few kilobytes, and `model.safetensors` is the one file with weights.
 */
import { ClozeError, needed } from "@cloze/core";
import type { Graph, Value } from "@cloze/core";
import type { StoredTensor } from "../safetensors.ts";
import { lower } from "./lowering.ts";
import type { Emitter } from "./lowering.ts";
import { encodeModel } from "./wire.ts";
import type { NodeProto, TensorProto, ValueInfoProto } from "./wire.ts";

const OPSET = 20;
const IR_VERSION = 9; // the one of opset 20

/**
 * Emits `graph` with float32 arithmetic; weights stored as f16 or bf16 are cast, which ONNX Runtime does once, at
 * load.
 *
 * @param weights Where each parameter lies, by name; paths are relative to the folder of the model.
 * @returns The bytes of the `.onnx` file.
 * @throws ClozeError `invalid-model` when a parameter is missing or has another shape.
 */
export function toOnnx(graph: Graph, weights: ReadonlyMap<string, StoredTensor>): Uint8Array<ArrayBuffer> {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const names = new Map<Value, string>();
  const constants = new Map<string, string>();

  const node: Emitter["node"] = (operator, inputs, attributes) => {
    const output = `${operator}_${nodes.length}`;
    nodes.push({ operator, inputs, outputs: [output], ...(attributes ? { attributes } : {}) });
    return output;
  };
  const constant = (
    name: string,
    type: "I64" | "F32",
    dims: readonly number[],
    values: BigInt64Array | Float32Array,
  ) => {
    if (!constants.has(name)) {
      constants.set(name, name);
      initializers.push({ name, type, dims, data: new Uint8Array(values.buffer) });
    }
    return name;
  };
  const emitter: Emitter = {
    node,
    ints: (values) =>
      constant(`ints_${values.join("_")}`, "I64", [values.length], BigInt64Array.from(values, BigInt)),
    float: (value) => constant(`float_${value}`, "F32", [], Float32Array.of(value)),
    shape: (value) => value.shape,
  };
  const parameter = (name: string, shape: Value["shape"]): string => {
    const stored = findWeight(weights, name, shape);
    const { dtype, file, offset, bytes } = stored;
    initializers.push({
      name,
      type: dtype,
      dims: stored.shape,
      data: { location: file, offset, length: bytes },
    });
    return dtype === "F32" ? name : node("Cast", [name], { to: 1 });
  };
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    if (value.source.kind === "constant") return emitter.float(value.source.value);
    if (value.source.kind !== "parameter") throw new TypeError("A node reads a value that comes after it.");
    const name = parameter(value.source.name, value.shape);
    names.set(value, name);
    return name;
  };

  for (const input of graph.inputs) if ("name" in input.source) names.set(input, input.source.name);
  for (const each of needed(graph, [...graph.outputs.values()]))
    names.set(each.output, lower(emitter, each.inputs.map(nameOf), each));
  for (const [name, value] of graph.outputs)
    nodes.push({ operator: "Identity", inputs: [nameOf(value)], outputs: [name] });

  return encodeModel({
    opsets: [{ domain: "", version: OPSET }],
    irVersion: IR_VERSION,
    nodes,
    initializers,
    inputs: graph.inputs.map((value) => valueInfo(nameOf(value), value)),
    outputs: [...graph.outputs].map(([name, value]) => valueInfo(name, value)),
  });
}

function valueInfo(name: string, { type, shape }: Value): ValueInfoProto {
  return { name, type: type === "int32" ? "I32" : "F32", dims: shape };
}

type Weight = StoredTensor & { readonly dtype: "F32" | "F16" | "BF16" };

function findWeight(weights: ReadonlyMap<string, StoredTensor>, name: string, shape: Value["shape"]): Weight {
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
