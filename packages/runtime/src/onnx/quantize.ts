/**
 * Fewer bits for a matrix: int8, one scale a row, and 4 bits, a scale and a zero point for each 32 numbers of a row.
 * Every number is at most half a scale from what is read back; how it is read back is `profiles.ts`'s matter.
 */
import { ClozeError } from "@cloze/core";

/** A matrix [rows, width] in int8: number = code · scale of its row. */
export interface Rows {
  readonly codes: Int8Array; // [rows, width], -64 to 64
  readonly scales: Float32Array; // [rows]
}

/**
 * The greatest code. x86 before VNNI, and WebAssembly's relaxed SIMD, add two products of 8 bits in 16: 2 · 255 · 64 is
 * the most that fits, and what does not fit is cut off without a word. So every machine computes the same; the error of
 * the starter's logits grows from 6.1 % to 7.1 % over that of codes to 127.
 */
const GREATEST = 64;

/**
 * Symmetric int8 by row. The greatest of a row, in size, is exactly 64 or -64; a row of zeros stays one.
 *
 * @example
 * quantizeRows(Float32Array.of(1, -2, 0, 0), 2); // codes 32, -64, 0, 0; scales 2 / 64, 1
 */
export function quantizeRows(values: Float32Array, width: number): Rows {
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(values.length / width);
  for (let row = 0; row < scales.length; row++) {
    const at = row * width;
    let greatest = 0;
    for (let i = at; i < at + width; i++) greatest = Math.max(greatest, Math.abs(values[i]));
    const scale = scaleOf(greatest, GREATEST);
    scales[row] = scale;
    for (let i = at; i < at + width; i++) codes[i] = Math.round(values[i] / scale);
  }
  return { codes, scales };
}

/** How many numbers of a row share a scale and a zero point. */
export const BLOCK = 32;
const LEVELS = 15;

/** A matrix [rows, width] in 4 bits: number = (code - zero) · scale of its block. The last block is filled up with zeros. */
export interface Blocks {
  /** [rows, blocks, 16]: two codes a byte, the first in the lower half. */
  readonly codes: Uint8Array;
  readonly scales: Float32Array; // [rows, blocks]
  /** [rows, ⌈blocks / 2⌉], two a byte likewise. */
  readonly zeros: Uint8Array;
}

export function blocksIn(width: number): number {
  return Math.ceil(width / BLOCK);
}

/**
 * 4 bits by block, as com.microsoft's MatMulNBits and GatherBlockQuantized read them. The range of a block is widened
 * to take in 0, which is then read back exactly. A zero point costs half a byte a block, and the error is a sixth less
 * than that of a symmetric range (of the starter's weights 8.1 % instead of 9.9 %, root mean square).
 */
export function quantizeBlocks(values: Float32Array, width: number): Blocks {
  const rows = values.length / width;
  const blocks = blocksIn(width);
  const codes = new Uint8Array((rows * blocks * BLOCK) / 2);
  const scales = new Float32Array(rows * blocks);
  const zeros = new Uint8Array(rows * Math.ceil(blocks / 2));
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const start = row * width + block * BLOCK;
      const end = Math.min(start + BLOCK, (row + 1) * width);
      let low = 0;
      let high = 0;
      for (let i = start; i < end; i++) {
        low = Math.min(low, values[i]);
        high = Math.max(high, values[i]);
      }
      const scale = scaleOf(high - low, LEVELS);
      const zero = Math.round(-low / scale);
      const at = row * blocks + block;
      scales[at] = scale;
      zeros[row * Math.ceil(blocks / 2) + (block >> 1)] |= zero << (4 * (block & 1));
      for (let i = 0; i < BLOCK; i++) {
        const code = start + i < end ? Math.round(values[start + i] / scale) + zero : zero;
        codes[(at * BLOCK + i) >> 1] |= Math.min(Math.max(code, 0), LEVELS) << (4 * (i & 1));
      }
    }
  }
  return { codes, scales, zeros };
}

/** The step, in float32, that divides a range; 1 where there are only zeros, and numbers too small to tell from them. */
function scaleOf(range: number, steps: number): number {
  if (!Number.isFinite(range))
    throw new ClozeError(
      "invalid-model",
      "A weight is no finite number: the model is damaged, fetch it or train it again.",
    );
  const scale = Math.fround(range / steps);
  return scale < LEAST_NORMAL ? 1 : scale;
}

const LEAST_NORMAL = 2 ** -126;
