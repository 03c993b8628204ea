import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePointOffsets } from "./code-points.ts";

describe("offsets in code points", () => {
  test("are those in UTF-16 units where there are no pairs", () =>
    expect([0, 2, 4].map(codePointOffsets("café"))).toEqual([0, 2, 4]));
  test("count a pair once, and a lone surrogate as one", () => {
    expect([0, 2, 3, 7].map(codePointOffsets("👍 good"))).toEqual([0, 1, 2, 6]);
    expect([0, 1, 2].map(codePointOffsets("\ud83da\udc4d"))).toEqual([0, 1, 2]);
  });
  test("cut out the same text, whatever it is", () => {
    const unit = fc.oneof(fc.constantFrom("a", "👍", "\ud83d", "\udc4d", "é"), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(fc.array(unit), fc.nat(), fc.nat(), (units, a, b) => {
        const text = units.join("");
        const points = Array.from(text);
        const [first, last] = [a, b].map((n) => n % (points.length + 1)).sort((x, y) => x - y);
        const units16 = (n: number) => points.slice(0, n).join("").length;
        const at = codePointOffsets(text);
        expect([at(units16(first)), at(units16(last))]).toEqual([first, last]);
      }),
    );
  });
});
