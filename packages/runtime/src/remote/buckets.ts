/**
 * The lengths that travel on the wire. Few of them, so that a server finds requests of one shape to batch; close
 * enough that at most a third of a row is padding.
 */
import { bucketLength } from "@cloze/core";

/** Up to 512 tokens; beyond them every multiple of 64. */
const buckets = [16, 32, 64, 96, 128, 192, 256, 384, 512] as const;

/**
 * The length to which a row is padded: the least of the list that holds it, beyond the list the next multiple of 64.
 *
 * @param most The model's positions: no row is padded beyond them.
 *
 * @example
 * wireLength(70); // 96
 */
export function wireLength(length: number, most = Infinity): number {
  return Math.max(length, Math.min(bucketLength(length, length > 512 ? 64 : buckets), most));
}

/** The length to which a CPU pads, where every shape is free: the next multiple of 8, which suits its vector units. */
export function cpuLength(length: number, most: number): number {
  return Math.min(Math.ceil(length / 8) * 8, most);
}
