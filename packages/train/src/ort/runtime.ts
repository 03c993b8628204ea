/**
 * ONNX Runtime as training sees it, the same in Node and in a browser: opening a graph, and tensors.
 */
import { ClozeError } from "@cloze/core";
import type { Feeds, Tensor as CoreTensor } from "@cloze/core";
import type { InferenceSession, Tensor, TensorConstructor, TypedTensor } from "onnxruntime-common";

/** Where training graphs run. */
export interface TrainRuntime {
  readonly name: string;
  readonly Tensor: TensorConstructor;
  /**
   * Where weights live between updates: with the program, which updates them, or on a device, where one graph does the
   * whole step.
   */
  readonly weights: "host" | "device";
  /** Opens a model. The outputs named in `kept` stay on the device. */
  open(model: Uint8Array, kept?: readonly string[]): Promise<InferenceSession>;
}

/** Tensors of ONNX Runtime over the same memory. */
export function toTensors({ Tensor }: TrainRuntime, feeds: Feeds): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toTensor(Tensor, tensor)]));
}

export function toTensor(Tensor: TensorConstructor, { type, data, dims }: CoreTensor): Tensor {
  return type === "int32" ? new Tensor(type, data, dims) : new Tensor(type, data, dims);
}

/** The number that an output is. */
export async function numberOf(tensor: Tensor | undefined): Promise<number> {
  if (tensor?.type !== "float32") throw new ClozeError("internal", "ONNX Runtime gave no loss.");
  const data = await (tensor as TypedTensor<"float32">).getData();
  return data[0];
}
