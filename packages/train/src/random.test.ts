import fc from "fast-check";
import { expect, test } from "vitest";
import { philox, Random } from "./random.ts";

// kat_vectors of Random123: counter, key, block.
test.each([
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])("Philox4x32-10 is Random123's for counter %j and key %j", ([c0, c1, c2, c3], [k0, k1], expected) => {
  const block = new Uint32Array(4);
  philox(block, c0, c1, c2, c3, k0, k1);
  expect([...block]).toEqual(expected);
});

test("the key is the seed, the stream is the counter's upper words, the block its lowest", () => {
  const seed = 2 ** 40 + 7;
  const block = new Uint32Array(4);
  const random = new Random(seed, 5, 6, 7);
  for (const counter of [0, 1]) {
    philox(block, counter, 5, 6, 7, 7, 2 ** 8);
    expect([random.next(), random.next(), random.next(), random.next()]).toEqual([...block]);
  }
});

function drawEight(...args: [number, number?, number?, number?]): string {
  const random = new Random(...args);
  return Array.from({ length: 8 }, () => random.next()).join(" ");
}

test("another seed or another stream gives other numbers, the same ones give the same", () => {
  expect(drawEight(1, 2, 3, 4)).toBe(drawEight(1, 2, 3, 4));
  const all = [
    drawEight(1),
    drawEight(2),
    drawEight(-1),
    drawEight(1 + 2 ** 32),
    drawEight(1, 1),
    drawEight(1, 0, 1),
    drawEight(1, 0, 0, 1),
  ];
  expect(new Set(all).size).toBe(all.length);
});

test("a seed that is no whole number is refused", () => {
  expect(() => new Random(0.5)).toThrow(/The seed is 0.5/);
});

test("below(n) is uniform, for an n that does not divide 2^32 too", () => {
  const random = new Random(3);
  // A word taken modulo 3·2^30 would fall in the lowest third half of the time.
  let low = 0;
  for (let draw = 0; draw < 30_000; draw++) if (random.below(3 * 2 ** 30) < 2 ** 30) low++;
  expect(Math.abs(low - 10_000)).toBeLessThan(5 * Math.sqrt(30_000 * (2 / 9)));
  const counts = new Float64Array(7);
  for (let draw = 0; draw < 70_000; draw++) counts[random.below(7)]++;
  const chi = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  expect(chi).toBeLessThan(22.5); // 6 degrees of freedom, p = 0.001
});

test("uniform() is in [0, 1), even, with both words' bits", () => {
  const random = new Random(4);
  const counts = new Float64Array(16);
  let fine = 0;
  for (let draw = 0; draw < 64_000; draw++) {
    const number = random.uniform();
    counts[Math.floor(16 * number)]++;
    if ((number * 2 ** 53) % 2 === 1) fine++;
  }
  const chi = counts.reduce((sum, count) => sum + (count - 4000) ** 2 / 4000, 0);
  expect(chi).toBeLessThan(37.7); // 15 degrees of freedom, p = 0.001
  expect(Math.abs(fine - 32_000)).toBeLessThan(5 * Math.sqrt(16_000));
});

test("normal() has mean 0, variance 1, kurtosis 3 and no neighbour's mark", () => {
  const random = new Random(5);
  const numbers = Float64Array.from({ length: 100_000 }, () => random.normal());
  const mean = (of: (number: number, at: number) => number): number =>
    numbers.reduce((sum, number, at) => sum + of(number, at), 0) / numbers.length;
  expect(Math.abs(mean((number) => number))).toBeLessThan(0.016);
  expect(Math.abs(mean((number) => number ** 2) - 1)).toBeLessThan(0.023);
  expect(Math.abs(mean((number) => number ** 4) - 3)).toBeLessThan(0.16);
  for (const lag of [1, 2])
    expect(Math.abs(mean((number, at) => number * numbers[(at + lag) % numbers.length]))).toBeLessThan(0.016);
});

test("truncatedNormal() stays within 2 and has a deviation of 0.88", () => {
  const random = new Random(6);
  const numbers = Float64Array.from({ length: 50_000 }, () => random.truncatedNormal());
  expect(numbers.every((number) => Math.abs(number) <= 2)).toBe(true);
  const variance = numbers.reduce((sum, number) => sum + number ** 2, 0) / numbers.length;
  expect(Math.abs(Math.sqrt(variance) - 0.8796)).toBeLessThan(0.01);
});

test("a permutation holds every number once", () => {
  fc.assert(
    fc.property(fc.nat(500), fc.maxSafeInteger(), (n, seed) => {
      expect([...new Random(seed).permutation(n).sort()]).toEqual(Array.from({ length: n }, (_, at) => at));
    }),
  );
});

test("every order of three is as likely", () => {
  const random = new Random(8);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 12_000; draw++) {
    const order = random.permutation(3).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values())
    expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(2000 * (5 / 6)));
});
