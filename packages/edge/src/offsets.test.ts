import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { offsetsIn } from "./offsets.ts";

describe("offsets", () => {
  it("are left as they are in UTF-16", () => {
    expect(offsetsIn("utf-16", "👍 good")(3)).toBe(3);
  });

  it("count code points in UTF-32, a lone surrogate as one", () => {
    expect([0, 2, 3, 7].map(offsetsIn("utf-32", "👍 good"))).toEqual([0, 1, 2, 6]);
    expect([0, 1, 2].map(offsetsIn("utf-32", "\ud83da\udc4d"))).toEqual([0, 1, 2]);
  });

  it("in UTF-32 cut out the same text, whatever it is", () => {
    const unit = fc.oneof(fc.constantFrom("a", "👍", "\ud83d", "\udc4d", "é"), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(fc.array(unit), fc.nat(), fc.nat(), (units, a, b) => {
        const text = units.join("");
        const points = Array.from(text);
        const [first, last] = [a, b].map((n) => n % (points.length + 1)).sort((x, y) => x - y);
        const units16 = (n: number) => points.slice(0, n).join("").length;
        const at = offsetsIn("utf-32", text);
        expect([at(units16(first)), at(units16(last))]).toEqual([first, last]);
      }),
    );
  });
});
