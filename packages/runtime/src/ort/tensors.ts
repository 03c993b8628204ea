/**
 * Our tensors as ONNX Runtime's: as they are for a model of our own, and for one that another tool made under its names,
 * in its types and shapes. The class of tensors is that of the host's ONNX Runtime.
 */
import { MASKED_POSITIONS } from "@cloze/core";
import type { Feeds, FloatTensor, Tensor as Fed } from "@cloze/core";
import type { Tensor as OnnxTensor, TensorConstructor } from "onnxruntime-web";
import type { BoundInput } from "../signature.ts";
import { widen } from "../weights.ts";
import type { Binding } from "./protocol.ts";

type Tensors = Record<string, OnnxTensor>;

/**
 * The feeds that a model of these inputs reads.
 *
 * Whoever asks for no masked word gives no positions, but ONNX Runtime wants every input. One position a row stands for
 * none: TopK divides by the number of rows, and none at all ends the process with SIGFPE.
 */
export function toTensors(Tensor: TensorConstructor, inputs: readonly string[], feeds: Feeds): Tensors {
  const tensors: Tensors = {};
  for (const name of inputs) {
    const feed = feeds[name];
    if (name === MASKED_POSITIONS && !(feed?.dims[1] > 0)) {
      const batch = feeds.attention_mask?.dims[0] ?? 0;
      tensors[name] = new Tensor("int32", new Int32Array(batch), [batch, 1]);
    } else if (feed?.type === "int32") tensors[name] = new Tensor("int32", feed.data, feed.dims);
    else if (feed) tensors[name] = new Tensor("float32", feed.data, feed.dims);
  }
  return tensors;
}

/** The feeds as a model that another tool made reads them. */
export function bindTensors(Tensor: TensorConstructor, { inputs, choices }: Binding, feeds: Feeds): Tensors {
  const [rows, length] = feeds.input_ids.dims;
  const dims = choices === undefined ? [rows, length] : [rows / choices, choices, length];
  return Object.fromEntries(
    inputs.map(({ name, feed, type }) => {
      const data =
        feed === "position_ids"
          ? Int32Array.from({ length: rows * length }, (_, i) => i % length)
          : feeds[feed].data;
      return [name, cast(Tensor, data, type, dims)];
    }),
  );
}

/** Ids, segments, positions and masks in another type: none is negative, and a mask is 0 or 1. */
function cast(
  Tensor: TensorConstructor,
  data: Fed["data"],
  type: BoundInput["type"],
  dims: readonly number[],
): OnnxTensor {
  switch (type) {
    case "int64": {
      const wide = new BigInt64Array(data.length);
      const low = new Int32Array(wide.buffer); // every other one, for all hosts are little-endian
      for (let i = 0; i < data.length; i++) low[2 * i] = data[i];
      return new Tensor("int64", wide, dims);
    }
    case "int32":
      return new Tensor("int32", Int32Array.from(data), dims);
    case "float32":
      return new Tensor("float32", Float32Array.from(data), dims);
    case "float16":
      return new Tensor(
        "float16",
        Uint16Array.from(data, (x) => (x === 0 ? 0 : HALF_ONE)),
        dims,
      );
    case "bool":
      return new Tensor("bool", Uint8Array.from(data), dims);
  }
}

/** 1 in IEEE 754 half precision. */
const HALF_ONE = 0x3c00;

/** An output as float32; models in half precision give that. */
export function toFloats(name: string, { type, data, dims }: OnnxTensor): FloatTensor {
  if (data instanceof Float32Array) return { type: "float32", data, dims };
  if (type !== "float16" || !ArrayBuffer.isView(data)) throw new TypeError(`${name} is of type ${type}.`);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  return { type: "float32", data: widen(bytes, "F16"), dims };
}
