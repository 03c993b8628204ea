import fc from "fast-check";
import { expect, test } from "vitest";
import { moved } from "./moved.ts";
import type { Change } from "./moved.ts";

const place = { start: 4, end: 6 };
const after = (rangeOffset: number, rangeLength: number, text: string) =>
  moved(place, [{ rangeOffset, rangeLength, text }]);

test("a place moves by what is written before it, and not by what is written behind it", () => {
  expect(after(1, 2, "12345")).toEqual({ start: 7, end: 9 });
  expect(after(6, 3, "")).toEqual(place);
});

test("what is written at its very edges leaves it whole", () => {
  expect(after(4, 0, "x")).toEqual({ start: 5, end: 7 });
  expect(after(6, 0, "x")).toEqual(place);
});

test("a change of its own text ends it, also one that goes over its edge", () => {
  for (const [rangeOffset, rangeLength] of [
    [5, 0],
    [4, 1],
    [3, 2],
    [5, 9],
    [0, 9],
  ])
    expect(after(rangeOffset, rangeLength, "x")).toBeUndefined();
});

test("wherever the text is changed, what stays has the text that it had", () => {
  const text = "abcdefghijklmnop";
  const change = fc.record({
    rangeOffset: fc.nat(12),
    rangeLength: fc.nat(4),
    text: fc.string({ maxLength: 5 }),
  });
  const places = fc.tuple(fc.nat(8), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 5 }), places, (all, [start, length]) => {
      let now = text;
      const made: Change[] = [];
      for (const one of all) {
        const { rangeOffset, rangeLength, text: put } = one;
        if (rangeOffset + rangeLength > now.length) continue;
        now = now.slice(0, rangeOffset) + put + now.slice(rangeOffset + rangeLength);
        made.push(one);
      }
      const there = moved({ start, end: start + length }, made);
      if (there) expect(now.slice(there.start, there.end)).toBe(text.slice(start, start + length));
    }),
  );
});
