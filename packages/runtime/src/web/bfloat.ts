/**
 * ONNX Runtime knows no bfloat16 on WebGPU: weights that are stored so are widened to float32, in a file of their own.
 */
import type { Files } from "../files/files.ts";
import type { Weights } from "../onnx/emit.ts";
import type { StoredTensor } from "../safetensors.ts";
import { readTensor } from "../weights.ts";

const FILE = "widened";

/** Where each tensor lies, and what is in the file that was not there. */
export async function widenBfloat(
  files: Files,
  tensors: Weights,
): Promise<{ tensors: Weights; widened: ReadonlyMap<string, Uint8Array<ArrayBuffer>> }> {
  const stored = [...tensors].filter(([, { dtype }]) => dtype === "BF16");
  if (stored.length === 0) return { tensors, widened: new Map() };
  const bytes = new Uint8Array(stored.reduce((sum, [, tensor]) => sum + 2 * tensor.bytes, 0));
  const all = new Map<string, StoredTensor>(tensors);
  let offset = 0;
  for (const [name, tensor] of stored) {
    const numbers = await readTensor(files, tensor);
    bytes.set(new Uint8Array(numbers.buffer), offset);
    all.set(name, { ...tensor, file: FILE, dtype: "F32", offset, bytes: numbers.byteLength });
    offset += numbers.byteLength;
  }
  return { tensors: all, widened: new Map([[FILE, bytes]]) };
}
