/**
 * Writing tokens into the caller's arrays without allocating: loops, since a view on an array is an object too.
 */
import { ClozeError } from "../errors.ts";

/** The caller's arrays, written from one token on; what is not there is not written. */
export interface EncodingArrays {
  readonly ids: Int32Array;
  readonly segments?: Int32Array;
  /** Two numbers a token. */
  readonly offsets?: Int32Array;
  /** 1 for every token. */
  readonly mask?: Float32Array | Int32Array;
}

/** The most tokens that fit in all of the arrays. */
export function roomOf({ ids, segments, offsets, mask }: EncodingArrays): number {
  let room = ids.length;
  if (segments && segments.length < room) room = segments.length;
  if (offsets && offsets.length >> 1 < room) room = offsets.length >> 1;
  if (mask && mask.length < room) room = mask.length;
  return room;
}

/** How many tokens fit from `at` on; refuses a place that is none. */
export function roomFrom(at: number, room: number): number {
  if (Number.isInteger(at) && at >= 0) return room - at;
  throw new ClozeError("invalid-option", `${at} is no place for a token: give a whole number from 0.`, {
    field: "at",
  });
}

export function expectRoom(count: number, room: number): void {
  if (count <= room) return;
  throw new ClozeError(
    "invalid-option",
    `There are ${count} tokens, and the arrays have room for ${Math.max(0, room)}.`,
  );
}

/** Writes one token and returns where the next goes. */
export function put(
  id: number,
  start: number,
  end: number,
  ids: Int32Array,
  offsets: Int32Array | undefined,
  at: number,
): number {
  ids[at] = id;
  if (offsets !== undefined) {
    offsets[2 * at] = start;
    offsets[2 * at + 1] = end;
  }
  return at + 1;
}

export function putSpecial(id: number, segment: number, arrays: EncodingArrays, at: number): number {
  const { ids, segments, offsets, mask } = arrays;
  if (segments) segments[at] = segment;
  if (mask) mask[at] = 1;
  return put(id, 0, 0, ids, offsets, at);
}

/** Copies `count` tokens from `from` on to the caller's from `at` on, and returns where they end. */
export function copyTokens(
  ids: Int32Array,
  spans: Int32Array,
  from: number,
  count: number,
  segment: number,
  arrays: EncodingArrays,
  at: number,
): number {
  const { segments, offsets, mask } = arrays;
  for (let nth = 0; nth < count; nth++) {
    arrays.ids[at + nth] = ids[from + nth];
    if (segments) segments[at + nth] = segment;
    if (mask) mask[at + nth] = 1;
  }
  if (offsets) for (let nth = 0; nth < 2 * count; nth++) offsets[2 * at + nth] = spans[2 * from + nth];
  return at + count;
}
