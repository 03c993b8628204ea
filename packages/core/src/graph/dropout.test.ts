import { expect, test } from "vitest";
import { keepThreshold, mixingStarts, mixPlaces, saltFactors } from "./dropout.ts";
import { gradientOperators } from "./gradient-operators.ts";

/** 1 where a number is dropped: [rows, columns]. */
function dropped(rows: number, columns: number, rate: number, seed: number, salt: number): Uint8Array {
  const [row, otherRow, column, otherColumn] = mixingStarts.map((start, i) =>
    mixPlaces(i < 2 ? rows : columns, seed, start),
  );
  const [factor, otherFactor] = saltFactors(salt);
  const threshold = keepThreshold(rate);
  return Uint8Array.from({ length: rows * columns }, (_, i) => {
    const [r, c] = [Math.floor(i / columns), i % columns];
    const z =
      Math.imul(row[r], Math.imul(column[c], factor)) +
      Math.imul(otherRow[r], Math.imul(otherColumn[c], otherFactor));
    return (z | 0) < threshold ? 0 : 1;
  });
}

/** How many deviations the mean product of what deviates from the rate is from 0, as it should be. */
function correlation(rate: number, ...masks: readonly ArrayLike<number>[]): number {
  const count = Math.min(...masks.map((mask) => mask.length));
  let sum = 0;
  for (let i = 0; i < count; i++) sum += masks.reduce((product, mask) => product * (mask[i] - rate), 1);
  return sum / (rate * (1 - rate)) ** (masks.length / 2) / Math.sqrt(count);
}

const shapes = [
  [512, 384],
  [2048, 128],
  [128, 1536],
] as const;
const forms = shapes.flatMap(([rows, columns]) => [0.1, 0.5].map((rate) => [rows, columns, rate] as const));

test.each(forms)("of %i × %i numbers a share of %d is dropped, as if by chance", (rows, columns, rate) => {
  for (const seed of [1, -123_456_789]) {
    const mask = dropped(rows, columns, rate, seed, 3);
    expect(Math.abs(correlation(rate, mask))).toBeLessThan(4.5);
    for (const lag of [1, 2, 3, 8, 64, 127, 128, 129, columns - 1, columns, columns + 1, 16_384, 65_536])
      expect(Math.abs(correlation(rate, mask, mask.subarray(lag))), `lag ${lag}`).toBeLessThan(4.5);
    expect(Math.abs(correlation(rate, mask, dropped(rows, columns, rate, seed, 4)))).toBeLessThan(4.5);
    expect(Math.abs(correlation(rate, mask, dropped(rows, columns, rate, seed + 1, 3)))).toBeLessThan(4.5);
    const others = [4, 5].map((salt) => dropped(rows, columns, rate, seed, salt));
    expect(Math.abs(correlation(rate, mask, ...others))).toBeLessThan(4.5);
  }
});

test.each(forms)(
  "of %i × %i numbers, at a rate of %d, each row and each column loses its share",
  (rows, columns, rate) => {
    const mask = dropped(rows, columns, rate, 7, 0);
    const spread = (lines: number, length: number, at: (line: number, place: number) => number): number => {
      let sum = 0;
      for (let line = 0; line < lines; line++) {
        let lost = 0;
        for (let place = 0; place < length; place++) lost += mask[at(line, place)];
        sum += (lost - rate * length) ** 2 / (length * rate * (1 - rate));
      }
      return (sum / lines - 1) * Math.sqrt(lines / 2); // χ² of so many lines, in deviations
    };
    expect(Math.abs(spread(rows, columns, (r, c) => r * columns + c))).toBeLessThan(4.5);
    expect(Math.abs(spread(columns, rows, (c, r) => r * columns + c))).toBeLessThan(4.5);
  },
);

test("what is kept is scaled up, so that the mean stays", () => {
  const x = { dims: [3, 5, 64], data: new Float64Array(960).fill(2) };
  const out = { dims: x.dims, data: new Float64Array(960) };
  gradientOperators.dropout.kernel(out, [x, { dims: [1], data: Int32Array.of(9) }], { rate: 0.25, salt: 2 });
  const mask = dropped(15, 64, 0.25, 9, 2);
  expect([...out.data]).toEqual(Array.from(mask, (lost) => (lost ? 0 : 2 / 0.75)));
});
