import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Random, purposes } from "../random.ts";
import {
  bootstrapInterval,
  meanAndSpread,
  scoreClassification,
  scoreMaskedLm,
  scoreMultiLabel,
  scoreRegression,
} from "./index.ts";

interface Compared {
  readonly gold: readonly number[];
  readonly predicted: readonly number[];
}

const expected = JSON.parse(
  readFileSync(new URL("../../../../tests/fixtures/metrics.json", import.meta.url), "utf8"),
) as {
  readonly classification: readonly (Compared & {
    readonly classes: number;
    readonly accuracy: number;
    readonly f1: number;
    readonly f1ByClass: readonly number[];
    readonly matthews: number;
    readonly binaryF1?: number;
  })[];
  readonly regression: readonly (Compared & { readonly pearson: number; readonly spearman: number })[];
  readonly multiLabel: readonly {
    readonly gold: readonly (readonly number[])[];
    readonly predicted: readonly (readonly number[])[];
    readonly exact: number;
    readonly microF1: number;
    readonly macroF1: number;
    readonly f1ByLabel: readonly number[];
  }[];
  readonly quantiles: {
    readonly values: readonly number[];
    readonly shares: readonly [number, number, number];
    readonly quantiles: readonly number[];
  };
};

test.each(expected.classification)("$classes classes score as scikit-learn scores them", (wanted) => {
  const metrics = scoreClassification(wanted.gold, wanted.predicted, wanted.classes);
  expect(metrics.accuracy).toBeCloseTo(wanted.accuracy, 12);
  expect(metrics.f1).toBeCloseTo(wanted.f1, 12);
  expect(metrics.matthews).toBeCloseTo(wanted.matthews, 12);
  for (const [c, f1] of wanted.f1ByClass.entries()) expect(metrics.f1ByClass[c]).toBeCloseTo(f1, 12);
  if (wanted.binaryF1 !== undefined) expect(metrics.f1ByClass[1]).toBeCloseTo(wanted.binaryF1, 12);
});

test.each(expected.regression)("correlations are SciPy's, with ties and without", (wanted) => {
  const { pearson, spearman } = scoreRegression(wanted.gold, wanted.predicted);
  expect(pearson).toBeCloseTo(wanted.pearson, 12);
  expect(spearman).toBeCloseTo(wanted.spearman, 12);
});

test.each(expected.multiLabel)("several labels a text score as scikit-learn scores them", (wanted) => {
  const labels = wanted.f1ByLabel.length;
  const metrics = scoreMultiLabel(wanted.gold.flat(), wanted.predicted.flat(), labels);
  expect(metrics.exact).toBeCloseTo(wanted.exact, 12);
  expect(metrics.microF1).toBeCloseTo(wanted.microF1, 12);
  expect(metrics.macroF1).toBeCloseTo(wanted.macroF1, 12);
  for (const [l, f1] of wanted.f1ByLabel.entries()) expect(metrics.f1ByLabel[l]).toBeCloseTo(f1, 12);
  expect(metrics.total).toBe(wanted.gold.length);
});

test("decisions that do not fit are refused", () => {
  expect(() => scoreMultiLabel([1, 0, 1], [1, 0, 1], 2)).toThrow("There should be 2 decisions a text");
  expect(() => scoreMultiLabel([1, 0], [1], 2)).toThrow("not 1 and 2");
  expect(() => scoreMultiLabel([], [], 2)).toThrow("There should be 2 decisions a text");
});

test("masks score by the mean of their log probabilities", () => {
  const metrics = scoreMaskedLm([0.5, 0.125, 1, 0.25].map(Math.log), [true, 0, 1, false]);
  expect(metrics).toMatchObject({ accuracy: 0.5, right: 2, total: 4 });
  expect(metrics.loss).toBeCloseTo(1.5 * Math.LN2, 12); // (1 + 3 + 0 + 2) / 4 bits
  expect(metrics.perplexity).toBeCloseTo(2 ** 1.5, 12);
  expect(scoreMaskedLm(new Float32Array(7).fill(-Math.log(30522)), new Uint8Array(7)).perplexity).toBeCloseTo(
    30522,
    0,
  );
  expect(() => scoreMaskedLm([], [])).toThrow("no piece is masked");
});

test("a mean has the spread of a sample", () => {
  const spread = meanAndSpread([2, 4, 4, 4, 5, 5, 7, 9]);
  expect(spread).toMatchObject({ mean: 5, min: 2, max: 9 });
  expect(spread.deviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
  expect(meanAndSpread([3])).toEqual({ mean: 3, deviation: 0, min: 3, max: 3 });
  expect(() => meanAndSpread([])).toThrow("at least one value is needed");
});

test("an interval's ends are numpy.quantile's of the samples' figures", () => {
  const { values, shares, quantiles } = expected.quantiles;
  // Each sample is one value over and over, so that its mean is that value.
  let draw = 0;
  const random = () => (Math.floor(draw++ / values.length) + 0.5) / values.length;
  const { low, high } = bootstrapInterval(values, {
    random,
    resamples: values.length,
    confidence: shares[2] - shares[0],
  });
  expect(low).toBeCloseTo(quantiles[0], 12);
  expect(high).toBeCloseTo(quantiles[2], 12);
});

test("of 1000 examples, 800 right, the interval is the normal distribution's", () => {
  const values = Array.from({ length: 1000 }, (_, i) => (i < 800 ? 1 : 0));
  const stream = new Random(3, purposes.bootstrap);
  const { low, high } = bootstrapInterval(values, { random: () => stream.uniform() });
  const half = 1.96 * Math.sqrt((0.8 * 0.2) / 1000); // 0.025
  expect(Math.abs(low - (0.8 - half))).toBeLessThan(0.004);
  expect(Math.abs(high - (0.8 + half))).toBeLessThan(0.004);
});

test("the truth is in 90 % of the intervals of 90 %", () => {
  const stream = new Random(5, purposes.bootstrap);
  const random = () => stream.uniform();
  let held = 0;
  for (let trial = 0; trial < 400; trial++) {
    const values = Array.from({ length: 50 }, random); // their mean is 0.5
    const { low, high } = bootstrapInterval(values, { random, resamples: 200, confidence: 0.9 });
    if (low <= 0.5 && 0.5 <= high) held++;
  }
  expect(held / 400).toBeGreaterThan(0.85);
  expect(held / 400).toBeLessThan(0.94);
});

test("a figure that is no mean is that of the drawn examples, and the same numbers give the same interval", () => {
  const { gold, predicted } = expected.classification[0];
  const interval = () => {
    const stream = new Random(7, purposes.bootstrap);
    return bootstrapInterval(
      gold.map((_, i) => i),
      {
        random: () => stream.uniform(),
        statistic: (places) => {
          const of = (labels: readonly number[]) => Array.from(places, (place) => labels[place]);
          return scoreClassification(of(gold), of(predicted), 2).f1ByClass[1];
        },
      },
    );
  };
  const { low, high } = interval();
  expect(low).toBeGreaterThan(0.6);
  expect(low).toBeLessThan(0.787);
  expect(high).toBeGreaterThan(0.787);
  expect(high).toBeLessThan(0.95);
  expect(interval()).toEqual({ low, high });
});

test.each([
  [[], {}, "at least one value is needed"],
  [[1], { resamples: 0 }, "resamples should be a whole number from 1, not 0."],
  [[1], { confidence: 1 }, "confidence should be between 0 and 1, not 1."],
])("an interval of nothing is refused: %j %j", (values, options, message) => {
  expect(() => bootstrapInterval(values, { random: () => 0, ...options })).toThrow(message);
});
