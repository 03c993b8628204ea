/** Typed arrays that grow: at least twofold, so that appending costs a constant time a number. */

type Growing =
  Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** The array itself if it has room for so many numbers, or a larger copy. */
export function withRoom<A extends Growing>(array: A, room: number): A {
  if (array.length >= room) return array;
  const larger = new (array.constructor as new (length: number) => A)(Math.max(room, 2 * array.length));
  larger.set(array);
  return larger;
}
