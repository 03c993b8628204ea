import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { constantSchedule, layerwiseRates, linearSchedule, rateGroups } from "./schedule.ts";

const { schedules } = JSON.parse(
  readFileSync(new URL("../../../tests/fixtures/optimizers.json", import.meta.url), "utf8"),
) as {
  readonly schedules: readonly {
    readonly steps: number;
    readonly warmup: number;
    readonly transformers: readonly number[];
    readonly original: readonly number[];
  }[];
};

test.each(schedules)(
  "$steps updates, $warmup of them warm-up: each rate is that of transformers and of the original",
  ({ steps, warmup, transformers, original }) => {
    for (const [fallFrom, rates] of [
      ["top", transformers],
      ["start", original],
    ] as const) {
      const schedule = linearSchedule({ rate: 1, steps, warmup, fallFrom });
      expect(rates).toHaveLength(steps);
      for (const [i, rate] of rates.entries()) expect(schedule(i + 1)).toBeCloseTo(rate, 12);
    }
  },
);

test("the first update of a warm-up has the rate 0, the highest comes right after it, the last is above 0", () => {
  const schedule = linearSchedule({ rate: 2, steps: 10, warmup: 4 });
  expect([1, 5, 10, 11, 12].map(schedule)).toEqual([0, 2, 2 / 6, 0, 0]);
});

/** How many updates of 25 go before the one with the highest rate. */
function rise(warmup: number): number {
  const schedule = linearSchedule({ rate: 1, steps: 25, warmup });
  return Array.from({ length: 25 }, (_, i) => schedule(i + 1)).indexOf(1);
}

test("a warm-up below 1 is a share of the steps, rounded up; from 1 it is a number of updates", () => {
  expect([0, 0.1, 1, 3].map(rise)).toEqual([0, 3, 1, 3]);
});

test("rates are never below 0 nor above the highest", () => {
  const options = fc.integer({ min: 1, max: 1000 }).chain((steps) =>
    fc.record({
      steps: fc.constant(steps),
      warmup: fc.oneof(fc.integer({ min: 0, max: steps }), fc.double({ min: 0, max: 0.999, noNaN: true })),
      fallFrom: fc.constantFrom("top" as const, "start" as const),
    }),
  );
  fc.assert(
    fc.property(options, fc.integer({ min: 1, max: 1200 }), (of, step) => {
      const rate = linearSchedule({ rate: 3e-5, ...of })(step);
      expect(rate).toBeGreaterThanOrEqual(0);
      expect(rate).toBeLessThanOrEqual(3e-5);
    }),
  );
});

test.each([
  [{ rate: -1, steps: 10 }, "rate should be a number from 0, not -1."],
  [{ rate: NaN, steps: 10 }, "rate should be"],
  [{ rate: 1, steps: 0 }, "steps should be a whole number from 1, not 0."],
  [
    { rate: 1, steps: 10, warmup: 11 },
    "warmup should be a share below 1 or a whole number of updates up to 10",
  ],
  [{ rate: 1, steps: 10, warmup: 1.5 }, "warmup should be"],
  [{ rate: 1, steps: 10, warmup: -0.1 }, "warmup should be"],
  [{ rate: 1, steps: 10, warmup: -0.01 }, "warmup should be"],
  [{ rate: 1, steps: 10, warmup: NaN }, "warmup should be"],
])("what makes no schedule is refused: %j", (options, message) => {
  expect(() => linearSchedule(options)).toThrow(message);
});

test("a constant rate is constant", () => {
  expect([1, 1000].map(constantSchedule(5e-5))).toEqual([5e-5, 5e-5]);
  expect(() => constantSchedule(NaN)).toThrow("rate should be a number from 0, not NaN.");
});

test.each([
  ["bert.embeddings.word_embeddings.weight", 1 / 16],
  ["bert.embeddings.LayerNorm.bias", 1 / 16],
  ["bert.encoder.layer.0.attention.self.query.weight", 1 / 8],
  ["encoder.layer.2.output.dense.bias", 1 / 2],
  ["bert.pooler.dense.weight", 1],
  ["classifier.weight", 1],
  ["cls.predictions.bias", 1],
])("of three layers at a decay of a half, %s has %d of the rate", (name, factor) => {
  expect(layerwiseRates(3, 0.5)(name)).toBe(factor);
});

test("a decay that is none is refused", () => {
  for (const decay of [0, 1.1, NaN])
    expect(() => layerwiseRates(3, decay)).toThrow("decay should be above 0 and at most 1");
});

test("a parameter has the factor of the first group it is of", () => {
  const factor = rateGroups([
    { match: "bert.encoder.layer.1", factor: 0 },
    { match: /bias$/g, factor: 2 },
    { match: "bert", factor: 0.5 },
  ]);
  const names = [
    "bert.encoder.layer.1.bias",
    "bert.encoder.layer.10.bias",
    "bert.pooler.bias",
    "bert.x",
    "bertha",
  ];
  expect(names.map(factor)).toEqual([0, 2, 2, 0.5, 1]);
  expect(() => rateGroups([{ match: "a", factor: -1 }])).toThrow("factor should be a number from 0, not -1.");
});
