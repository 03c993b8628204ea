/** The value below which a share of all values lies. */
export function quantile(values, share) {
  return values.toSorted((x, y) => x - y)[Math.floor((values.length - 1) * share)];
}

export function median(values) {
  return quantile(values, 0.5);
}
