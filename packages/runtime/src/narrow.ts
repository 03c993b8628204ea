/**
 * Numbers in fewer bits: float32 to f16 and bf16, rounded to the nearest, of two equally near ones to the even. The
 * way back is `widen` in `weights.ts`.
 */
import { ClozeError } from "@cloze/core";

/** The types that weights may be stored in. */
export type WeightType = "F32" | "F16" | "BF16";

/**
 * Float32 numbers as the bytes of another type.
 *
 * @param name Whose numbers they are, for the error.
 * @throws ClozeError `unsupported` for a finite number that the type cannot hold.
 *
 * @example
 * narrow("bias", Float32Array.of(1), "F16"); // 0x00, 0x3c
 */
export function narrow(
  name: string,
  values: Float32Array<ArrayBuffer>,
  dtype: WeightType,
): Uint8Array<ArrayBuffer> {
  if (dtype === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const round = dtype === "F16" ? toHalf : toBfloat16;
  const infinity = dtype === "F16" ? 0x7c00 : 0x7f80;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) {
    halves[i] = round(bits[i]);
    if ((halves[i] & 0x7fff) === infinity && Number.isFinite(values[i]))
      throw new ClozeError(
        "unsupported",
        `${name} holds ${values[i]}, which is too large for ${dtype}: keep this model in float32.`,
      );
  }
  return new Uint8Array(halves.buffer);
}

const SIGN = 0x8000;
const FLOAT_INFINITY = 0x7f80_0000;
const LEAST_NORMAL = 0x3880_0000; // 2^-14
const FIRST_INFINITE = 0x477f_f000; // 65520, halfway from the greatest half to what would be the next
const REBIAS = 112 << 10; // exponents count from 127 in a float, from 15 in a half

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The bits of a float32 to the bits of a half. */
export function toHalf(bits: number): number {
  const sign = (bits >>> 16) & SIGN;
  const size = bits & 0x7fff_ffff;
  if (size > FLOAT_INFINITY) return sign | 0x7e00; // not a number
  if (size >= FIRST_INFINITE) return sign | 0x7c00;
  if (size >= LEAST_NORMAL) return sign | (((size + 0xfff + ((size >>> 13) & 1)) >>> 13) - REBIAS);
  // Below that a half counts in steps of 2^-24, as a float32 between a half and one does: adding 0.5 rounds.
  scratchBits[0] = size;
  scratch[0] += 0.5;
  return sign | (scratchBits[0] - 0x3f00_0000);
}

/** The bits of a float32 to the bits of a bfloat16, which are its upper half. */
export function toBfloat16(bits: number): number {
  if ((bits & 0x7fff_ffff) > FLOAT_INFINITY) return (bits >>> 16) | 0x40; // a NaN stays one
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}
