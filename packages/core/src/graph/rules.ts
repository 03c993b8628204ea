/**
 * What the rules of operators are made of: their form, and what several of them share.
 */
import type { Attributes, Operator } from "./operators.ts";
import type { DataType, Dimension, Shape, Value } from "./graph.ts";

/** Numbers of one tensor while it is interpreted. */
export type Numbers = Float64Array | Float32Array | Int32Array;
/** A tensor while it is interpreted. */
export interface Operand {
  readonly dims: readonly number[];
  readonly data: Numbers;
}

interface Inferred {
  readonly shape: Shape;
  readonly type: DataType;
}

/** What an operator is. */
export interface Rule<O extends Operator> {
  /** The output's shape and type; throws TypeError when the inputs do not fit: a defect of the model's code. */
  infer(inputs: readonly Value[], attributes: Attributes[O]): Inferred;
  /** Computes `out`, which is zero-filled and has the inferred size. */
  kernel(out: Operand, inputs: readonly Operand[], attributes: Attributes[O]): void;
}

/** Operators without attributes. */
type Plain = {
  [O in Operator]: Attributes[O] extends Readonly<Record<string, never>> ? O : never;
}[Operator];

/** One number of each. */
export function unary<O extends Operator>(f: (x: number, attributes: Attributes[O]) => number): Rule<O> {
  return {
    infer: sameShape,
    kernel(out, [x], attributes) {
      for (let i = 0; i < x.data.length; i++) out.data[i] = f(x.data[i], attributes);
    },
  };
}

/** One number of two, with NumPy's broadcasting. */
export function elementwise<O extends Plain>(f: (a: number, b: number) => number): Rule<O> {
  return {
    infer: ([a, b]) => float(broadcast(a.shape, b.shape)),
    kernel(out, inputs) {
      const [a, b] = inputs.map(({ dims }) => placesOf(out.dims, broadcastSteps(dims, out.dims)));
      for (let i = 0; i < out.data.length; i++) out.data[i] = f(inputs[0].data[a[i]], inputs[1].data[b[i]]);
    },
  };
}

/** Row by row of the last axis, each of which becomes a row of the output; `f` may change what it gets. */
export function rowwise<A>(
  f: (row: Float64Array, attributes: A) => ArrayLike<number>,
): (out: Operand, inputs: readonly Operand[], attributes: A) => void {
  return (out, [x], attributes) => {
    const [width] = x.dims.slice(-1);
    for (let at = 0, to = 0; at < x.data.length; at += width) {
      const row = f(new Float64Array(x.data.subarray(at, at + width)), attributes);
      out.data.set(row, to);
      to += row.length;
    }
  };
}

/** Takes rows, of one table or of each example its own; or, of one axis, numbers. */
export function takeRows(out: Operand, [x, rows]: readonly Operand[], axes: 1 | 2): void {
  eachTaken(x, rows, axes, (from, to) => {
    out.data[to] = x.data[from];
  });
}

/** Adds to what `takeRows` takes. */
export function addToRows(out: Operand, [x, rows, values]: readonly Operand[], axes: 1 | 2): void {
  out.data.set(x.data);
  eachTaken(x, rows, axes, (from, to) => {
    out.data[from] += values.data[to];
  });
}

/** The place of each number that is taken: where it is, and where it comes to be. */
function eachTaken(x: Operand, rows: Operand, axes: 1 | 2, f: (from: number, to: number) => void): void {
  const [length, width = 1] = x.dims.slice(-axes);
  const count = (rows.data.length * length * width) / x.data.length; // a matrix
  for (let i = 0; i < rows.data.length * width; i++) {
    const row = Math.floor(i / width);
    f((Math.floor(row / count) * length + rows.data[row]) * width + (i % width), i);
  }
}

/** Copies what two tensors share along an axis: there it begins at `to` in one and at `from` in the other. */
export function copyPart(out: Operand, x: Operand, axis: number, to: number, from: number): void {
  const [outStep, step] = [out, x].map(({ dims }) => product(dims.slice(axis)));
  const inner = product(x.dims.slice(axis + 1));
  let outAt = to * inner;
  for (let at = from * inner; at < x.data.length && outAt < out.data.length; at += step, outAt += outStep)
    out.data.set(x.data.subarray(at, at + Math.min(step, outStep)), outAt);
}

/** The place of each number of a tensor in another, along whose axes one moves by `steps`. */
export function placesOf(dims: readonly number[], steps: readonly number[]): Int32Array {
  let places = new Int32Array(1);
  for (const [axis, size] of dims.entries()) {
    const outer = places;
    places = new Int32Array(outer.length * size);
    for (let i = 0; i < places.length; i++)
      places[i] = outer[Math.floor(i / size)] + (i % size) * steps[axis];
  }
  return places;
}

function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i): Dimension => {
    const x = a.at(i - rank) ?? 1;
    const y = b.at(i - rank) ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new TypeError(`[${a.join()}] and [${b.join()}] do not broadcast.`);
    return x === 1 ? y : x;
  });
}

/** How far one step along each output axis moves in an input: 0 along an axis that is repeated. */
function broadcastSteps(dims: readonly number[], out: readonly number[]): number[] {
  return out.map((_, i) => {
    const axis = dims.length - out.length + i;
    return axis < 0 || dims[axis] === 1 ? 0 : product(dims.slice(axis + 1));
  });
}

export function product(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}

/** x as long along an axis as another value. */
export function resized([x, like]: readonly Value[], { axis }: { readonly axis: number }): Inferred {
  return float(x.shape.with(axis, like.shape[axis]));
}

/** x without an axis. */
export function withoutAxis([x]: readonly Value[], { axis }: { readonly axis: number }): Inferred {
  return float(x.shape.toSpliced(axis, 1));
}

export function sameShape([x]: readonly Value[]): Inferred {
  return float(x.shape);
}

export function float(shape: Shape): Inferred {
  return { shape, type: "float32" };
}

/** Throws where two shapes, or parts of them, are not the same. */
export function expectEqual(operator: string, a: Shape, b: Shape): void {
  if (a.join() !== b.join()) throw new TypeError(`${operator}: [${a.join()}] does not fit [${b.join()}].`);
}
