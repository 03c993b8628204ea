/**
 * Reads weights as numbers: f16 and bf16 widened to float32. For heads that run in plain JS and for the reference
 * interpreter; a session's weights never come this way.
 */
import { ClozeError } from "@cloze/core";
import type { Files } from "./files/files.ts";
import type { StorageType, StoredTensor } from "./safetensors.ts";

/**
 * Reads one tensor.
 *
 * @throws ClozeError `unsupported` for a type that no weight has.
 * @example
 * const bias = await readTensor(folder.files, folder.tensors.get("bert.pooler.dense.bias")!);
 * bias.length; // 384
 */
export async function readTensor(files: Files, tensor: StoredTensor): Promise<Float32Array<ArrayBuffer>> {
  return widen(await files.read(tensor.file, { offset: tensor.offset, length: tensor.bytes }), tensor.dtype);
}

/**
 * Stored numbers as float32; those that are float32 already are not copied.
 *
 * @throws ClozeError `unsupported` for a type that no weight has.
 */
export function widen(bytes: Uint8Array<ArrayBuffer>, dtype: StorageType): Float32Array<ArrayBuffer> {
  switch (dtype) {
    case "F32":
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    case "F16": {
      const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
      const wide = new Float32Array(halves.length);
      const table = (halfTable ??= Float32Array.from({ length: 65536 }, (_, bits) => halfToFloat(bits)));
      for (let i = 0; i < wide.length; i++) wide[i] = table[halves[i]];
      return wide;
    }
    case "BF16": {
      const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
      const bits = new Uint32Array(halves.length);
      for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16;
      return new Float32Array(bits.buffer);
    }
    default:
      throw new ClozeError("unsupported", `A tensor stored as ${dtype} holds no weights.`);
  }
}

/** Every half's value: looked up ten times as fast as computed. */
let halfTable: Float32Array | undefined;

/** IEEE 754 half precision, by its bits: sign, 5 of exponent, 10 of fraction. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
