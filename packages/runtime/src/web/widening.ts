/**
 * Weights widened before ONNX Runtime sees them. On WebGPU it takes what is stored in the type that is computed in
 * straight to the card; what it has to cast itself it holds twice in WebAssembly's memory, which never shrinks again, and
 * bfloat16 it knows not at all.
 */
import type { Graph } from "@cloze/core";
import type { Weights } from "../onnx/emit.ts";
import type { StorageType, StoredTensor } from "../safetensors.ts";
import { widen } from "../weights.ts";
import type { Start } from "./protocol.ts";

const FILE = "widened";

/** Where each tensor will lie once a graph's own of these types are widened, and these, in their order. */
export function planWidening(
  { parameters }: Graph,
  tensors: Weights,
  types: readonly StorageType[],
): { readonly tensors: Weights; readonly widened: readonly StoredTensor[] } {
  const all = new Map<string, StoredTensor>(tensors);
  const widened: StoredTensor[] = [];
  let offset = 0;
  for (const { source } of parameters) {
    const name = "name" in source ? source.name : "";
    const tensor = tensors.get(name);
    if (!tensor || !types.includes(tensor.dtype)) continue;
    const bytes = 2 * tensor.bytes;
    all.set(name, { ...tensor, file: FILE, dtype: "F32", offset, bytes });
    widened.push(tensor);
    offset += bytes;
  }
  return { tensors: all, widened };
}

/** The files, and in one more what is planned to be there. */
export function widenWeights(files: Start["weights"], widened: readonly StoredTensor[]): Start["weights"] {
  if (widened.length === 0) return files;
  const data = new Uint8Array(widened.reduce((sum, { bytes }) => sum + 2 * bytes, 0));
  let at = 0;
  for (const { file, offset, bytes, dtype } of widened) {
    const stored = files.find(({ path }) => path === file)!.data;
    const numbers = widen(stored.slice(offset, offset + bytes), dtype); // a copy is aligned
    data.set(new Uint8Array(numbers.buffer), at);
    at += numbers.byteLength;
  }
  return [...files, { path: FILE, data }];
}
