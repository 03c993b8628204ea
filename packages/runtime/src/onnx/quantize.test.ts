import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BLOCK, blocksIn, quantizeBlocks, quantizeRows } from "./quantize.ts";
import type { Blocks } from "./quantize.ts";

/** A matrix with weights of every size, and many zeros. */
const matrix = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), width: fc.integer({ min: 1, max: 80 }) })
  .chain(({ rows, width }) =>
    fc
      .array(
        fc.oneof(fc.constant(0), fc.float({ noNaN: true, min: Math.fround(-1e6), max: Math.fround(1e6) })),
        { minLength: rows * width, maxLength: rows * width },
      )
      .map((values) => ({ rows, width, values: Float32Array.from(values) })),
  );

/** Half a scale, and what float32 may add to it. */
const bound = (scale: number, value: number) => scale / 2 + 2 ** -22 * (Math.abs(value) + scale);

function nibble(bytes: Uint8Array, i: number): number {
  return (bytes[i >> 1] >> (4 * (i & 1))) & 15;
}

/** What ONNX Runtime reads: (code - zero) · scale. */
function read({ codes, scales, zeros }: Blocks, width: number, row: number, column: number): number {
  const blocks = blocksIn(width);
  const block = Math.floor(column / BLOCK);
  const zero = nibble(zeros.subarray(row * Math.ceil(blocks / 2)), block);
  return (
    (nibble(codes, (row * blocks + block) * BLOCK + (column % BLOCK)) - zero) * scales[row * blocks + block]
  );
}

describe("int8 by row", () => {
  test("no number is more than half a scale from what is read back", () => {
    fc.assert(
      fc.property(matrix, ({ width, values }) => {
        const { codes, scales } = quantizeRows(values, width);
        for (const [i, value] of values.entries()) {
          const scale = scales[Math.floor(i / width)];
          expect(Math.abs(codes[i] * scale - value)).toBeLessThanOrEqual(bound(scale, value));
        }
      }),
    );
  });

  test("the greatest of a row, in size, uses the whole range", () => {
    const { codes, scales } = quantizeRows(Float32Array.of(0.5, -3, 2.9, 1e-3, 1e-4, -1e-5), 3);
    expect([...codes]).toEqual([11, -64, 62, 64, 6, -1]);
    expect(scales[0] * -64).toBe(-3);
  });

  test("two products of 8 bits fit into 16, which is all that some processors have", () => {
    fc.assert(
      fc.property(matrix, ({ width, values }) => {
        for (const code of quantizeRows(values, width).codes)
          expect(2 * 255 * Math.abs(code)).toBeLessThan(2 ** 15);
      }),
    );
  });

  test("zeros stay zeros, and numbers too small for a scale become zeros", () => {
    const { codes, scales } = quantizeRows(Float32Array.of(0, -0, 1e-45, 0), 2);
    expect(codes.every((code) => code === 0)).toBe(true);
    expect([...scales]).toEqual([1, 1]);
  });
});

describe("4 bits by block", () => {
  test("no number is more than half a scale from what is read back", () => {
    fc.assert(
      fc.property(matrix, ({ rows, width, values }) => {
        const quantized = quantizeBlocks(values, width);
        expect(quantized.codes).toHaveLength(rows * blocksIn(width) * (BLOCK / 2));
        expect(quantized.zeros).toHaveLength(rows * Math.ceil(blocksIn(width) / 2));
        for (const [i, value] of values.entries()) {
          const [row, column] = [Math.floor(i / width), i % width];
          const scale = quantized.scales[row * blocksIn(width) + Math.floor(column / BLOCK)];
          expect(Math.abs(read(quantized, width, row, column) - value)).toBeLessThanOrEqual(
            bound(scale, value),
          );
        }
      }),
    );
  });

  test("zero is read back as zero, and so is what fills up a block", () => {
    fc.assert(
      fc.property(matrix, ({ rows, width, values }) => {
        const quantized = quantizeBlocks(values, width);
        for (let row = 0; row < rows; row++)
          for (let column = 0; column < blocksIn(width) * BLOCK; column++)
            if (column >= width || values[row * width + column] === 0)
              expect(Math.abs(read(quantized, width, row, column))).toBe(0);
      }),
    );
  });

  test("the extremes of a block are the first code and the last", () => {
    const values = new Float32Array(BLOCK).fill(0.3);
    values.set([-0.5, 7]);
    const { codes, zeros, scales } = quantizeBlocks(values, BLOCK);
    expect([nibble(codes, 0), nibble(codes, 1), nibble(codes, 2)]).toEqual([0, 15, 2]);
    expect(scales[0]).toBe(0.5);
    expect(zeros[0]).toBe(1);
  });

  test("a block of one sign begins or ends at zero", () => {
    const { zeros } = quantizeBlocks(
      Float32Array.from({ length: 2 * BLOCK }, (_, i) => (i < BLOCK ? 1 + i : -1 - i)),
      2 * BLOCK,
    );
    expect([nibble(zeros, 0), nibble(zeros, 1)]).toEqual([0, 15]);
  });

  test("a block of zeros has a scale, so that nothing is divided by zero", () => {
    const { codes, scales } = quantizeBlocks(new Float32Array(BLOCK), BLOCK);
    expect([...scales]).toEqual([1]);
    expect(codes.every((byte) => byte === 0)).toBe(true);
  });
});
