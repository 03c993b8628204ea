import fc from "fast-check";
import { expect, test } from "vitest";
import { moved, movedAlone, stretched } from "./moved.ts";
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

const lines = "One line.\nTwo lines.\nThree.";
const two = { start: 10, end: 20 };

/** The text after an edit, and what the second line became. */
function edited(rangeOffset: number, rangeLength: number, inserted: string) {
  const now = lines.slice(0, rangeOffset) + inserted + lines.slice(rangeOffset + rangeLength);
  const span = movedAlone(two, [{ rangeOffset, rangeLength, text: inserted }]);
  return span && now.slice(span.start, span.end);
}

test("an edit before a text moves it with what was said of it, one after it does not", () => {
  expect(edited(0, 3, "Some more")).toBe("Two lines.");
  expect(edited(0, 5, "")).toBe("Two lines.");
  expect(edited(21, 6, "")).toBe("Two lines.");
});

test("an edit of a text makes it another, and so does what is written right before or behind it", () => {
  expect(edited(12, 0, "x")).toBeUndefined();
  expect(edited(8, 4, "")).toBeUndefined();
  expect(edited(0, 27, lines)).toBeUndefined();
  expect(edited(20, 0, " that I hated")).toBeUndefined();
  expect(edited(10, 0, "Not ")).toBeUndefined();
});

const deleted = (rangeOffset: number, rangeLength: number, character: number) =>
  movedAlone(two, [{ rangeOffset, rangeLength, text: "", range: { start: { character } } }]);

test("whole lines that are deleted before a text leave it as it was, a line's end alone does not", () => {
  expect(deleted(0, 10, 0)).toEqual({ start: 0, end: 10 });
  expect(deleted(9, 1, 9)).toBeUndefined();
});

test("a line more before or behind it leaves it as it was", () => {
  expect(edited(10, 0, "New.\n")).toBe("Two lines.");
  expect(edited(20, 0, "\nNew.")).toBe("Two lines.");
  expect(edited(20, 0, "\r\nNew.")).toBe("Two lines.");
});

test("a text of which something is said reads as it did", () => {
  fc.assert(
    fc.property(fc.nat(27), fc.nat(27), fc.string(), (a, b, inserted) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const now = edited(from, to - from, inserted);
      if (now !== undefined) expect(now).toBe("Two lines.");
    }),
  );
});

test("what an edit reaches covers what came in its place", () => {
  expect(stretched({ start: 5, end: 9 }, { rangeOffset: 7, rangeLength: 5, text: "abc" })).toEqual({
    start: 5,
    end: 10,
  });
  expect(stretched({ start: 5, end: 9 }, { rangeOffset: 0, rangeLength: 1, text: "" })).toEqual({
    start: 4,
    end: 8,
  });
  expect(stretched({ start: 5, end: 9 }, { rangeOffset: 20, rangeLength: 1, text: "" })).toEqual({
    start: 5,
    end: 9,
  });
});
