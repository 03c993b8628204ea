import { expect, test } from "vitest";
import { scoreClassification, scoreRegression } from "./index.ts";

test("three classes score as worked out by hand", () => {
  const metrics = scoreClassification([0, 0, 1, 1, 2, 2, 2, 0], [0, 1, 1, 1, 2, 0, 2, 0], 3);
  expect(metrics.accuracy).toBeCloseTo(0.75, 12);
  expect(metrics.f1ByClass.map((f1) => f1.toFixed(6))).toEqual(["0.666667", "0.800000", "0.800000"]);
  expect(metrics.f1).toBeCloseTo(0.755556, 6);
  expect(metrics.matthews).toBeCloseTo((8 * 6 - 21) / (64 - 22), 12); // given 3, 2, 3; said 3, 3, 2
});

test("two classes give the phi coefficient", () => {
  // true positives 2, true negatives 1, false positives 1, false negatives 1
  const { matthews } = scoreClassification([1, 1, 1, 0, 0], [1, 1, 0, 1, 0], 2);
  expect(matthews).toBeCloseTo((2 * 1 - 1 * 1) / Math.sqrt(3 * 3 * 2 * 2), 12);
});

test("a constant prediction has no correlation, and a class never seen does not weigh on the mean F1", () => {
  expect(scoreClassification([0, 1], [0, 0], 2).matthews).toBe(0);
  expect(scoreClassification([0, 1], [0, 1], 5).f1).toBe(1);
});

test.each([-1, 2, 0.5, undefined as unknown as number])(
  "a class that there is not is refused: %s",
  (wrong) => {
    expect(() => scoreClassification([0, 1], [0, wrong], 2)).toThrow(`Example 1 has class ${wrong}, but`);
    expect(() => scoreClassification([0, wrong], [0, 1], 2)).toThrow(`Example 1 has class ${wrong}, but`);
  },
);

test("Spearman gives ties the mean of their ranks", () => {
  // ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4; both figures are numpy.corrcoef's
  const { pearson, spearman } = scoreRegression([1, 2, 2, 3], [1, 4, 9, 16]);
  expect(spearman).toBeCloseTo(0.9486832980505138, 12);
  expect(pearson).toBeCloseTo(0.93385921, 8);
});

test("constant values have no correlation", () => {
  expect(scoreRegression([1, 1, 1], [1, 2, 3])).toEqual({ pearson: 0, spearman: 0, total: 3 });
});

test("values that sums cannot tell to the last digit are constant all the same", () => {
  expect(scoreRegression([0.1, 0.1, 0.1], [0.7, 0.7, 0.7])).toEqual({ pearson: 0, spearman: 0, total: 3 });
});

test("a prediction that is not a number has no correlation", () => {
  expect(scoreRegression([1, 2, 3], [NaN, 1, 2])).toEqual({ pearson: NaN, spearman: NaN, total: 3 });
});
