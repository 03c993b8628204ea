/**
 * Reads weights as numbers: f16 and bf16 widened to float32. For heads that run in plain JS and for the reference
 * interpreter; a session's weights never come this way.
 */
import { ClozeError } from "@cloze/core";
import type { Files } from "./files/files.ts";
import type { StoredTensor } from "./safetensors.ts";

/**
 * Reads one tensor.
 *
 * @throws ClozeError `unsupported` for a type that no weight has.
 */
export async function readTensor(files: Files, tensor: StoredTensor): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await files.read(tensor.file, { offset: tensor.offset, length: tensor.bytes });
  switch (tensor.dtype) {
    case "F32":
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    case "F16":
      return Float32Array.from(
        new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2),
        halfToFloat,
      );
    case "BF16": {
      const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
      return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
    }
    default:
      throw new ClozeError("unsupported", `A tensor stored as ${tensor.dtype} holds no weights.`);
  }
}

/** IEEE 754 half precision, by its bits: sign, 5 of exponent, 10 of fraction. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
