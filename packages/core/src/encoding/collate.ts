/**
 * Encodings to tensors: padded to one length, [batch, length].
 */
import { ClozeError } from "../errors.ts";
import { MASKED_POSITIONS } from "../session.ts";
import type { Feeds } from "../session.ts";
import type { Encoding } from "./encoding.ts";

/**
 * Pads encodings to `length` and lays them into the tensors that the encoder reads.
 *
 * @param length Not less than the longest encoding's: `Math.max` of their lengths, or `bucketLength` of that.
 * @param padding The id of [PAD].
 * @returns `input_ids`, `token_type_ids` (int32) and `attention_mask` (float32), each [batch, length]; where encodings
 *   have masks, `masked_positions` (int32), as many a row as the row with most of them has.
 * @throws ClozeError `invalid-option` for an encoding that is longer.
 * @example
 * const encodings = tokenizer.encodeBatch(["a film", "a warm film"]);
 * collate(encodings, 8, tokenizer.specials.pad).input_ids.dims; // [2, 8]
 */
export function collate(encodings: readonly Encoding[], length: number, padding: number): Feeds {
  const dims = [encodings.length, length];
  const ids = new Int32Array(encodings.length * length).fill(padding);
  const segments = new Int32Array(ids.length);
  const mask = new Float32Array(ids.length);
  for (const [row, encoding] of encodings.entries()) {
    if (encoding.ids.length > length)
      throw new ClozeError(
        "invalid-option",
        `Encoding ${row} has ${encoding.ids.length} tokens, and the batch is ${length} long: pad to the longest.`,
        { field: "length" },
      );
    const at = row * length;
    ids.set(encoding.ids, at);
    segments.set(encoding.segments, at);
    mask.fill(1, at, at + encoding.ids.length);
  }
  return {
    input_ids: { type: "int32", dims, data: ids },
    token_type_ids: { type: "int32", dims, data: segments },
    attention_mask: { type: "float32", dims, data: mask },
    ...maskedPositions(encodings),
  };
}

function maskedPositions(encodings: readonly Encoding[]): Feeds {
  const count = encodings.reduce((most, { masks }) => Math.max(most, masks?.length ?? 0), 0);
  if (count === 0) return {};
  const data = new Int32Array(encodings.length * count);
  for (const [row, { masks = [] }] of encodings.entries()) data.set(masks, row * count);
  return { [MASKED_POSITIONS]: { type: "int32", dims: [encodings.length, count], data } };
}

/**
 * The length to pad to, so that batches come in few shapes.
 *
 * @param length The tokens of the longest encoding.
 * @param bucket A number to be a multiple of, or the lengths to choose from, in any order.
 * @throws ClozeError `invalid-option` for no such number, and where every length of the list is too short.
 * @example
 * bucketLength(19, 8); // 24
 * bucketLength(19, [16, 32, 64]); // 32
 */
export function bucketLength(length: number, bucket: number | readonly number[]): number {
  const bad = (typeof bucket === "number" ? [bucket] : bucket).find(
    (size) => !Number.isInteger(size) || size < 1,
  );
  if (bad !== undefined)
    throw new ClozeError("invalid-option", `A bucket of ${bad} tokens is none: give whole numbers from 1.`, {
      field: "bucket",
    });
  if (typeof bucket === "number") return Math.ceil(length / bucket) * bucket;
  const least = Math.min(...bucket.filter((size) => size >= length));
  if (least < Infinity) return least;
  throw new ClozeError(
    "invalid-option",
    `${length} tokens fit in no bucket of ${bucket.join(", ") || "an empty list"}: add a longer one.`,
    { field: "bucket" },
  );
}

/**
 * Sorts encodings into batches of like length, so that little is spent on padding.
 *
 * @param budget The most tokens, padding included, in one batch.
 * @returns The batches, each a list of positions in `lengths`; every position once.
 * @example
 * batchByLength([5, 30, 6, 31], 64); // [[0, 2], [1, 3]]
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
