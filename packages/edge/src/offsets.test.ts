import { describe, expect, it } from "vitest";
import { offsetsIn } from "./offsets.ts";

describe("offsets", () => {
  it("are left as they are in UTF-16", () => {
    expect(offsetsIn("utf-16", "👍 good")(3)).toBe(3);
  });
  it("count code points in UTF-32", () => {
    expect([0, 2, 3, 7].map(offsetsIn("utf-32", "👍 good"))).toEqual([0, 1, 2, 6]);
  });
});
