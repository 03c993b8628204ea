/**
 * Metrics of regression: Pearson's correlation of the values, Spearman's of their ranks.
 */

/** How well numbers were told. */
export interface RegressionMetrics {
  /** -1 to 1; 0 where one side is constant and it is undefined; NaN where a value is. */
  readonly pearson: number;
  /** Equal values share the mean of their ranks. */
  readonly spearman: number;
  readonly total: number;
}

/**
 * Compares predicted values with the right ones, in the same order.
 *
 * @example
 * scoreRegression([1, 2, 3], [1, 4, 9]).spearman; // 1
 */
export function scoreRegression(gold: readonly number[], predicted: readonly number[]): RegressionMetrics {
  return {
    pearson: pearson(gold, predicted),
    spearman: pearson(ranks(gold), ranks(predicted)),
    total: gold.length,
  };
}

function pearson(x: readonly number[], y: readonly number[]): number {
  const meanX = mean(x);
  const meanY = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i] - meanX;
    const dy = y[i] - meanY;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

/** Summed from the first value, so that the mean of constant ones is exactly that value. */
function mean(values: readonly number[]): number {
  const [first] = values;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const result = new Array<number>(values.length);
  for (let first = 0, end = 0; first < order.length; first = end) {
    const value = values[order[first]];
    do end++;
    while (end < order.length && values[order[end]] === value); // NaN equals nothing, itself neither
    for (let i = first; i < end; i++) result[order[i]] = Number.isNaN(value) ? NaN : (first + end - 1) / 2;
  }
  return result;
}
