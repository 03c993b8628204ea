/** What kernels and decoding alike do with the numbers of one vector. */

/** Softmax over a whole vector, safe against overflow. */
export function softmaxInPlace(values: Float64Array): Float64Array {
  let max = -Infinity;
  for (const value of values) max = Math.max(max, value);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i] - max);
  for (let i = 0; i < values.length; i++) values[i] /= sum;
  return values;
}

/** log Σ exp, safe against overflow: what a logit is less of is its log probability. */
export function logSumExp(values: ArrayLike<number>): number {
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) max = Math.max(max, values[i]);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - max);
  return max + Math.log(sum);
}

/** From so many on it is cheaper to sort all values than to keep the best of them in order. */
const MANY = 256;

/** The places of the `k` greatest values, greatest first, the earlier of equal ones first. */
export function topPlaces(values: ArrayLike<number>, k: number): number[] {
  if (k >= MANY)
    return Array.from(values, (_, i) => i)
      .sort((a, b) => values[b] - values[a] || a - b) // of two infinities the difference is NaN: equal, too
      .slice(0, k);
  const top: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (top.length === k && !(value > values[top[k - 1]])) continue;
    let at = top.length;
    while (at > 0 && value > values[top[at - 1]]) at--;
    top.splice(at, 0, i);
    if (top.length > k) top.pop();
  }
  return top;
}

/** The mean of a vector, and one over its standard deviation. */
export function moments(
  values: Float64Array,
  epsilon: number,
): { readonly mean: number; readonly inverse: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, inverse: 1 / Math.sqrt(squares / values.length + epsilon) };
}
