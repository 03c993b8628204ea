import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { narrow, toBfloat16, toHalf } from "./narrow.ts";
import type { WeightType } from "./narrow.ts";
import { widen } from "./weights.ts";

const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0];
const wide = (half: number, dtype: WeightType): number =>
  widen(new Uint8Array(Uint16Array.of(half).buffer), dtype)[0];

describe.each([
  ["F16", toHalf],
  ["BF16", toBfloat16],
] as const)("%s", (dtype, round) => {
  test("every one of its 65,536 numbers is kept", () => {
    for (let half = 0; half < 65536; half++) {
      const value = wide(half, dtype);
      if (Number.isNaN(value)) expect(wide(round(bitsOf(value)), dtype)).toBeNaN();
      else expect(round(bitsOf(value))).toBe(half);
    }
  });

  test("a number halfway between two goes to the even one, and one beside it to the nearer", () => {
    const infinity = dtype === "F16" ? 0x7c00 : 0x7f80;
    for (let half = 0; half < infinity - 1; half++) {
      const middle = (wide(half, dtype) + wide(half + 1, dtype)) / 2; // exact in float32
      expect(round(bitsOf(middle))).toBe(half % 2 === 0 ? half : half + 1);
      expect(round(bitsOf(middle) + 1)).toBe(half + 1);
      expect(round(bitsOf(middle) - 1)).toBe(half);
    }
  });

  test("no other of its numbers is nearer", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const half = round(bitsOf(value));
        const error = Math.abs(wide(half, dtype) - value);
        fc.pre(error < Infinity);
        for (const other of [half - 1, half + 1])
          if ((other & 0x7fff) < (dtype === "F16" ? 0x7c00 : 0x7f80))
            expect(Math.abs(wide(other, dtype) - value)).toBeGreaterThanOrEqual(error);
      }),
      { numRuns: 1000 },
    );
  });
});

const narrowed = (values: number[], dtype: WeightType) => narrow("bias", Float32Array.from(values), dtype);

test("what would become infinite is refused by name, and what was infinite stays so", () => {
  expect(() => narrowed([1, 65519, -65520], "F16")).toThrow("bias holds -65520, which is too large for F16");
  expect(() => narrowed([3.4e38], "BF16")).toThrow("too large for BF16");
  expect(widen(narrowed([Infinity, -Infinity, 65519], "F16"), "F16")).toEqual(
    Float32Array.of(Infinity, -Infinity, 65504),
  );
  expect(() => narrowed([65520, 1e38], "BF16")).not.toThrow();
});

test("float32 stays what it is", () => {
  const values = Float32Array.of(0.1, -2);
  expect(narrow("bias", values, "F32")).toEqual(new Uint8Array(values.buffer));
});
