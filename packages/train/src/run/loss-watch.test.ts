import { expect, test } from "vitest";
import { patienceOf, watchLoss } from "./loss-watch.ts";
import type { LossWatch } from "./loss-watch.ts";

/** The step after which a loss is called flat. */
function flatAt(lossOf: (step: number) => number, steps: number): number | undefined {
  let watch: LossWatch | undefined;
  for (let step = 1; step <= steps; step++) {
    watch = watchLoss(watch, lossOf(step), step, patienceOf(steps));
    if (watch.flat) return step;
  }
  return undefined;
}

/** Noise from -1 to 1 that is the same each time. */
const noise = (step: number) => Math.sin(step * 12.9898 + Math.sin(step * 78.233) * 43.7);

test("a loss that never falls is flat after a third of a short run, after 2,000 steps of a long one", () => {
  expect(flatAt(() => 2.3, 600)).toBe(201);
  expect(flatAt(() => 2.3, 100_000)).toBe(2001);
});

test("a run of less than 100 steps is not called flat", () => {
  expect(flatAt(() => 2.3, 99)).toBeUndefined();
});

test("a loss that falls slowly under noise is not flat", () => {
  expect(flatAt((step) => 5 * Math.exp(-step / 3000) + 0.3 * noise(step), 3000)).toBeUndefined();
});

test("a loss that has fallen and then only wavers is flat", () => {
  expect(flatAt((step) => 2 + 5 * Math.exp(-step / 50) + 0.1 * noise(step), 3000)).toBeGreaterThan(500);
});
