/**
 * The tolerance of the comparisons with reference values, as a matcher.
 */
import { expect } from "vitest";

/** A number within 1e-4 of another: `closeTo` takes half of the power of ten that it is given. */
export function near(value: number): unknown {
  return expect.closeTo(value, 4 - Math.log10(2));
}
