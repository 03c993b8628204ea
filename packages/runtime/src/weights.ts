/**
 * Reads weights as numbers: f16 and bf16 widened to float32. For heads that run in plain JS, for the reference
 * interpreter and for sessions on WebGPU; what other sessions run comes from the files as it is.
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
      return widenHalves(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2));
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

/**
 * Halves as float32. The bits of a half, moved to a float32's places, are its number times 2^-112, since exponents count
 * from 15 in a half and from 127 in a float32; subnormal numbers come out right, too.
 */
function widenHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const wide = new Float32Array(halves.length);
  const bits = new Uint32Array(wide.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
    if ((half & 0x7c00) === 0x7c00)
      bits[i] |= 0x7f80_0000; // infinite, or not a number
    else wide[i] *= 2 ** 112;
  }
  return wide;
}
