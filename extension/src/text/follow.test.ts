import fc from "fast-check";
import { expect, test } from "vitest";
import { follow } from "./follow.ts";

const text = "One line.\nTwo lines.\nThree.";
const two = { start: 10, end: 20 };

/** The text after an edit, and what the second line became. */
function edited(rangeOffset: number, rangeLength: number, inserted: string) {
  const after = text.slice(0, rangeOffset) + inserted + text.slice(rangeOffset + rangeLength);
  const span = follow(two, { rangeOffset, rangeLength, text: inserted });
  return span && after.slice(span.start, span.end);
}

test("an edit before a part moves it, one after it does not", () => {
  expect(edited(0, 3, "Some more")).toBe("Two lines.");
  expect(edited(0, 5, "")).toBe("Two lines.");
  expect(edited(21, 6, "")).toBe("Two lines.");
});

test("an edit of a part ends it, and so does what is written right before or after it", () => {
  expect(edited(12, 0, "x")).toBeUndefined();
  expect(edited(8, 4, "")).toBeUndefined();
  expect(edited(0, 27, text)).toBeUndefined();
  expect(edited(20, 0, " that I hated")).toBeUndefined();
  expect(edited(10, 0, "Not ")).toBeUndefined();
});

test("a line more before or after it is no edit of it", () => {
  expect(edited(10, 0, "New.\n")).toBe("Two lines.");
  expect(edited(20, 0, "\nNew.")).toBe("Two lines.");
  expect(edited(20, 0, "\r\nNew.")).toBe("Two lines.");
});

test("a part that is still there reads as it did", () => {
  fc.assert(
    fc.property(fc.nat(27), fc.nat(27), fc.string(), (a, b, inserted) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const now = edited(from, to - from, inserted);
      if (now !== undefined) expect(now).toBe("Two lines.");
    }),
  );
});
