import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { topPlaces } from "./vectors.ts";

describe("the places of the greatest values", () => {
  test("are those of a sort, the earlier of equal ones first, for few and for many", () =>
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(-Infinity)), { maxLength: 600 }),
        fc.nat(600),
        (values, most) => {
          const k = Math.min(most, values.length);
          const order = values
            .map((value, place) => ({ value, place }))
            .toSorted((a, b) => (a.value === b.value ? a.place - b.place : a.value > b.value ? -1 : 1));
          expect(topPlaces(values, k)).toEqual(order.slice(0, k).map(({ place }) => place));
        },
      ),
    ));

  test("of a whole vocabulary are found with few looks at each value", () => {
    let looks = 0;
    const values = new Proxy(
      Array.from({ length: 4000 }, (_, i) => i),
      {
        get(target, name, receiver): unknown {
          if (typeof name === "string" && /^\d+$/.test(name)) looks++;
          return Reflect.get(target, name, receiver);
        },
      },
    );
    expect(topPlaces(values, 4000)[0]).toBe(3999);
    expect(looks).toBeLessThan(100 * 4000);
  });
});
