/**
 * One tensor's numbers as the Open Inference Protocol carries them: raw little-endian bytes (Triton's binary tensor
 * extension) or JSON arrays. Headers, names and order are `wire.ts`'s.
 *
 * BERT's ids are INT64 on the wire and 32 bits everywhere here, so an INT64 is read and written as a low and a
 * high half: no BigInt. Typed arrays have the host's byte order; every host that runs JavaScript today is
 * little-endian.
 */
import { ClozeError } from "@cloze/core";
import { narrow } from "../narrow.ts";
import { widen } from "../weights.ts";

export type Datatype = "INT64" | "INT32" | "FP32" | "FP16";
export type Numbers = Int32Array | Float32Array;

const sizes: Readonly<Record<Datatype, number>> = { INT64: 8, INT32: 4, FP32: 4, FP16: 2 };

/** A tensor on the wire. INT64 and INT32 are an Int32Array here, FP32 and FP16 a Float32Array. */
export interface WireTensor {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Numbers;
}

export function isDatatype(value: unknown): value is Datatype {
  return typeof value === "string" && Object.hasOwn(sizes, value);
}

function isWhole(datatype: Datatype): boolean {
  return datatype.startsWith("INT");
}

/** Bytes of `count` numbers. */
export function byteSize(datatype: Datatype, count: number): number {
  return count * sizes[datatype];
}

/**
 * Writes numbers at `at`, for INT64 a multiple of 4. INT64 takes whole numbers, from either kind of array.
 *
 * @throws ClozeError `unsupported` for a number that is too large for FP16: see `fitsHalf`.
 */
export function writeNumbers(
  body: Uint8Array<ArrayBuffer>,
  at: number,
  datatype: Datatype,
  data: Numbers,
): void {
  if (datatype === "FP16") body.set(narrow("The tensor", new Float32Array(data), "F16"), at);
  else if (datatype !== "INT64") body.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
  else {
    const halves = new Int32Array(body.buffer, body.byteOffset + at, 2 * data.length);
    for (let i = 0; i < data.length; i++) {
      halves[2 * i] = data[i];
      halves[2 * i + 1] = data[i] < 0 ? -1 : 0;
    }
  }
}

/** Whether FP16 can hold the numbers: its greatest is 65504, and what rounds to that. */
export function fitsHalf(data: Float32Array): boolean {
  return data.every((value) => Math.abs(value) < 65_520);
}

/**
 * Reads `count` numbers at `at`: a view of the body where it is aligned, else a copy.
 *
 * @throws ClozeError `invalid-input` for an INT64 that does not fit in 32 bits.
 */
export function readNumbers(
  body: Uint8Array<ArrayBuffer>,
  at: number,
  datatype: Datatype,
  count: number,
  name: string,
): Numbers {
  const from = body.byteOffset + at;
  const aligned = from % 4 === 0;
  const buffer = aligned ? body.buffer : body.buffer.slice(from, from + byteSize(datatype, count));
  const start = aligned ? from : 0;
  if (datatype === "FP32") return new Float32Array(buffer, start, count);
  if (datatype === "FP16") return widen(new Uint8Array(buffer, start, 2 * count), "F16");
  if (datatype === "INT32") return new Int32Array(buffer, start, count);
  const halves = new Int32Array(buffer, start, 2 * count);
  const data = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    data[i] = halves[2 * i];
    if (halves[2 * i + 1] !== data[i] >> 31) throw tooBig(name);
  }
  return data;
}

/**
 * Reads a tensor that came as JSON: numbers in row-major order, flat or nested as its shape says.
 *
 * @throws ClozeError `invalid-input` for a wrong count, a ragged list or a value that is not such a number.
 */
export function parseNumbers(
  values: unknown,
  datatype: Datatype,
  shape: readonly number[],
  name: string,
): Numbers {
  const numbers: number[] = []; // grows with what came, whatever the shape promises
  const fill = (list: unknown, [size, ...inner]: readonly number[]): void => {
    if (!Array.isArray(list) || list.length !== size)
      throw new ClozeError(
        "invalid-input",
        `The data of ${name} should be one list of its numbers, or lists nested as its shape [${shape.join(", ")}] says.`,
        { field: name },
      );
    for (const item of list) {
      if (inner.length > 0) fill(item, inner);
      else numbers.push(expectNumber(item, datatype, name));
    }
  };
  const flat = Array.isArray(values) && !Array.isArray(values[0]);
  fill(values, flat ? [countOf(shape)] : shape);
  return isWhole(datatype) ? Int32Array.from(numbers) : Float32Array.from(numbers);
}

/** How many numbers a tensor of this shape has. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function expectNumber(value: unknown, datatype: Datatype, name: string): number {
  if (typeof value !== "number" || (isWhole(datatype) && !Number.isInteger(value))) {
    // What is nested is not written out: there may be no end to it.
    const nested = typeof value === "object" && value !== null;
    const said = nested ? "a list or an object" : JSON.stringify(value)?.slice(0, 40);
    throw new ClozeError(
      "invalid-input",
      `The data of ${name} should be ${datatype} numbers, but has ${said}.`,
      { field: name },
    );
  }
  if (isWhole(datatype) && value !== (value | 0)) throw tooBig(name);
  return value;
}

function tooBig(name: string): ClozeError {
  return new ClozeError("invalid-input", `${name} has a number that does not fit in 32 bits.`, {
    field: name,
  });
}
