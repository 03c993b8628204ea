/**
 * Which numbers dropout keeps (Srivastava et al., 2014): a hash of the place, so that the backward pass finds the
 * same without having stored it, and a run that is resumed too.
 *
 * A tensor is read as rows of its last axis. Each row and each column has two well mixed 32-bit numbers, and the sum of
 * their products decides: z = row[0]·column[0]·factor[0] + row[1]·column[1]·factor[1] (mod 2³²), the factors being of
 * this dropout among those of the graph. Two places, or two dropouts at one place, are then independent but for
 * determinants divisible by a high power of two. (With one product they were not: rows whose numbers stand in a simple
 * ratio kept the same places.) What is done for every element is plain int32 arithmetic, of which WebGPU in ONNX
 * Runtime has kernels; of shifts and exclusive or it has none. The lowering of `dropout` does the same in ONNX.
 */

/** The steps of mixing, which the lowering repeats. */
export const mixing = {
  place: 0x9e3779b1 | 0,
  seed: 0x85ebca77 | 0,
  rounds: [0x7feb352d, 0x846ca68b | 0, 0x2c1b3c6d, 0x297a2d39],
  /** Division by it, towards zero, brings high bits down. */
  shift: 1 << 15,
} as const;

/** Where mixing begins for each of the four vectors: two of the rows, two of the columns. */
export const mixingStarts = [0x27d4eb2f, 0x165667b1, 0x9e3779b9 | 0, 0x3c6ef372] as const;

/**
 * The factors of one dropout of a graph.
 *
 * @param salt Which dropout of the graph it is.
 * @example
 * saltFactors(0).map((factor) => factor & 1); // 1, 1: odd, so that none is lost in a product
 */
export function saltFactors(salt: number): readonly [number, number] {
  const factor = (nth: number): number => mixed(Math.imul(2 * salt + nth, mixing.place)) | 1;
  return [factor(1), factor(2)];
}

/** One number for each place of an axis. */
export function mixPlaces(places: number, seed: number, start: number): Int32Array {
  const from = (Math.imul(mixed(seed), mixing.seed) + start) | 0;
  return Int32Array.from({ length: places }, (_, i) => mixed((Math.imul(i, mixing.place) + from) | 0));
}

/**
 * A sum below this is kept.
 *
 * @example
 * keepThreshold(0.5); // 0: half of all int32 numbers are below it
 */
export function keepThreshold(rate: number): number {
  return Math.round(2 ** 31 - rate * 2 ** 32);
}

function mixed(h: number): number {
  for (const factor of mixing.rounds) {
    h = Math.imul(h, (2 * h + factor) | 0);
    h = (h + ((h / mixing.shift) | 0)) | 0;
  }
  return h;
}
