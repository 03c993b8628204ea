/**
 * Encodings to tensors: padded to one length, [batch, length].
 */
import type { Feeds } from "../session.ts";
import type { Encoding } from "./encoding.ts";

/**
 * Pads encodings to `length` and lays them into the tensors that the encoder reads.
 *
 * @param padding The id of [PAD].
 * @returns `input_ids`, `token_type_ids` (int32) and `attention_mask` (float32), each [batch, length].
 */
export function collate(encodings: readonly Encoding[], length: number, padding: number): Feeds {
  const dims = [encodings.length, length];
  const ids = new Int32Array(encodings.length * length).fill(padding);
  const segments = new Int32Array(ids.length);
  const mask = new Float32Array(ids.length);
  for (const [row, encoding] of encodings.entries()) {
    const at = row * length;
    ids.set(encoding.ids, at);
    segments.set(encoding.segments, at);
    mask.fill(1, at, at + encoding.ids.length);
  }
  return {
    input_ids: { type: "int32", dims, data: ids },
    token_type_ids: { type: "int32", dims, data: segments },
    attention_mask: { type: "float32", dims, data: mask },
  };
}

/**
 * Sorts encodings into batches of like length, so that little is spent on padding.
 *
 * @param budget The most tokens, padding included, in one batch.
 * @returns The batches, each a list of positions in `lengths`; every position once.
 */
export function batchByLength(lengths: readonly number[], budget: number): number[][] {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[a] - lengths[b] || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const i of order) {
    if (batch.length > 0 && (batch.length + 1) * lengths[i] > budget) {
      batches.push(batch);
      batch = [];
    }
    batch.push(i);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
