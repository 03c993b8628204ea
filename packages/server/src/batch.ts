/** Requests as one run, and its outputs as their answers: rows under each other, padded, and cut apart again. */
import { MASKED_POSITIONS } from "@cloze/core";
import type { Feeds, FloatTensor } from "@cloze/core";
import type { Job } from "./job.ts";
import type { OutputShape, OutputShapes } from "./shapes.ts";

/**
 * The requests' rows under each other, in runs of `length` tokens: filled up with masked zeros, or cut where only padding
 * is left.
 */
export function gather(batch: readonly Job[], length: number): Feeds {
  const rows = batch.reduce((sum, job) => sum + job.rows, 0);
  const ids = new Int32Array(rows * length); // [rows, length]
  const segments = new Int32Array(rows * length);
  const mask = new Float32Array(rows * length);
  let to = 0;
  for (const job of batch) {
    const kept = Math.min(job.length, length);
    for (let from = 0; from < job.rows * job.length; from += job.length, to += length) {
      ids.set(job.ids.subarray(from, from + kept), to);
      segments.set(job.segments.subarray(from, from + kept), to);
      mask.set(job.mask.subarray(from, from + kept), to);
    }
  }
  const dims = [rows, length];
  const count = mostMasks(batch);
  const positions = new Int32Array(rows * count); // [rows, masks]
  to = 0;
  for (const { rows: own, positions: places } of batch)
    for (let row = 0; row < own; row++, to += count)
      positions.set(places.data.subarray(row * places.count, (row + 1) * places.count), to);
  return {
    input_ids: { type: "int32", dims, data: ids },
    token_type_ids: { type: "int32", dims, data: segments },
    attention_mask: { type: "float32", dims, data: mask },
    ...(count > 0 && { [MASKED_POSITIONS]: { type: "int32", dims: [rows, count], data: positions } }),
  };
}

function mostMasks(batch: readonly Job[]): number {
  return batch.reduce((most, { positions }) => Math.max(most, positions.count), 0);
}

/** One request's rows of an output, cut to its own tokens and masks. */
export function rowsOf(
  tensor: FloatTensor,
  first: number,
  { rows, length, positions }: Job,
  shape: OutputShape | undefined,
): FloatTensor {
  const [batch, ...rest] = tensor.dims;
  const size = tensor.data.length / batch;
  const data = tensor.data.subarray(first * size, (first + rows) * size);
  const axis = shape?.[1];
  const items = axis === "length" ? length : axis === "masks" ? positions.count : rest[0];
  if (items === rest[0]) return { type: "float32", dims: [rows, ...rest], data };
  const kept = (size / rest[0]) * items;
  const cut = new Float32Array(rows * kept);
  for (let row = 0; row < rows; row++) cut.set(data.subarray(row * size, row * size + kept), row * kept);
  return { type: "float32", dims: [rows, items, ...rest.slice(1)], data: cut };
}

/** The tokens of a row that a request's answer depends on: all it has where an output speaks of every token. */
export function neededLength({ rows, length, mask, positions, outputs }: Job, shapes: OutputShapes): number {
  if (outputs.some((name) => shapes.get(name)?.includes("length"))) return length;
  let needed = positions.data.reduce((most, at) => Math.max(most, at + 1), 1);
  for (let row = 0; row < rows; row++) {
    const last = mask.subarray(row * length, (row + 1) * length).lastIndexOf(1);
    needed = Math.max(needed, last + 1);
  }
  return needed;
}
