/**
 * The lengths that travel on the wire. Few of them, so that a server finds requests of one shape to batch; close
 * enough that at most a third of a row is padding.
 */
const buckets = [16, 32, 64, 96, 128, 192, 256, 384, 512] as const;

/**
 * The bucket of a row: the least of the list that holds it, beyond the list the next multiple of 64.
 *
 * @param most The model's positions: no row is padded beyond them.
 *
 * @example
 * bucketLength(70); // 96
 */
export function bucketLength(length: number, most = Infinity): number {
  const bucket = buckets.find((one) => one >= length) ?? Math.ceil(length / 64) * 64;
  return Math.max(length, Math.min(bucket, most));
}
