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
  const initializers = new Map<string, TensorProto>();
  const names = new Map<Value, string>();
  for (const input of graph.inputs) if ("name" in input.source) names.set(input, input.source.name);

  const constant = (
    name: string,
    type: "I64" | "F32",
    dims: readonly number[],
    values: BigInt64Array | Float32Array,
  ) => {
    initializers.set(name, { name, type, dims, data: new Uint8Array(values.buffer) });
    return name;
  };
  const emitter: Emitter = {
    node(operator, operands, attributes) {
      const output = `${operator}_${nodes.length}`;
      const inputs = operands.map((operand) => (typeof operand === "string" ? operand : nameOf(operand)));
      nodes.push({
        operator,
        inputs,
        outputs: [output],
        ...(attributes && { attributes }),
      });
      return output;
    },
    ints: (values) =>
      constant(`ints_${values.join("_")}`, "I64", [values.length], BigInt64Array.from(values, BigInt)),
    int: (value) => constant(`int_${value}`, "I64", [], BigInt64Array.of(BigInt(value))),
    float: (value) => constant(`float_${value}`, "F32", [], Float32Array.of(value)),
    stored(parameter) {
      const { name, stored } = weightOf(parameter);
      const { dtype: type, shape: dims, file: location, offset, bytes: length } = stored;
      initializers.set(name, { name, type, dims, data: { location, offset, length } });
      return name;
    },
    widen: (result, parameter) =>
      weightOf(parameter).stored.dtype === "F32" ? result : emitter.node("Cast", [result], { to: 1 }),
  };
  const weightOf = (parameter: Value) => {
    if (parameter.source.kind !== "parameter") throw new TypeError("Only a parameter is stored.");
    const { name } = parameter.source;
    return { name, stored: findWeight(weights, name, parameter.shape) };
  };
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    if (value.source.kind === "constant") return emitter.float(value.source.value);
    const name = emitter.widen(emitter.stored(value), value);
    names.set(value, name);
    return name;
  };

  const outputs = new Map([...graph.outputs].map(([name, value]) => [value, name]));
  for (const node of needed(graph, [...outputs.keys()])) {
    const name = lower(emitter, node);
    const output = outputs.get(node.output);
    // What is an output bears its name from the start: an Identity would be one more node to run.
    if (output !== undefined) nodes.push({ ...nodes.pop()!, outputs: [output] });
    names.set(node.output, output ?? name);
  }
  for (const [name, value] of graph.outputs)
    if (nameOf(value) !== name)
      nodes.push({ operator: "Identity", inputs: [nameOf(value)], outputs: [name] });

  return encodeModel({
    opset: OPSET,
    irVersion: IR_VERSION,
    nodes,
    initializers: [...initializers.values()],
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
