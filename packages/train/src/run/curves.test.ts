import { expect, test } from "vitest";
import { Curves, smooth } from "./curves.ts";

test("a short log is drawn as it is, with gaps where a line lacks a number", () => {
  const curves = new Curves();
  curves.add(1, { loss: 3, other: null });
  curves.add(2, { loss: 2, other: 7 });
  expect(curves.steps).toEqual([1, 2]);
  expect(curves.column("loss")).toEqual([3, 2]);
  expect(curves.column("other")).toEqual([null, 7]);
});

test("a log of any length is at most 1024 points, each the mean of its lines", () => {
  const curves = new Curves();
  for (let step = 1; step <= 100_000; step++) curves.add(step, { loss: step });
  expect(curves.steps.length).toBeGreaterThan(512);
  expect(curves.steps.length).toBeLessThanOrEqual(1024);
  expect(curves.steps.slice(0, 2)).toEqual([128, 256]);
  expect(curves.column("loss").slice(0, 2)).toEqual([64.5, 192.5]);
  expect(curves.steps.at(-1)).toBe(100_000);
});

test("a mean over a curve lags neither behind nor ahead", () => {
  const line = Array.from({ length: 200 }, (_, i) => i);
  expect(smooth(line)[100]).toBe(100);
  expect(smooth([null, 1])).toEqual([null, 1]);
});
