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
type Plain = { [O in Operator]: Attributes[O] extends Readonly<Record<string, never>> ? O : never }[Operator];

/** One number of each. */
export function unary<O extends Plain>(f: (x: number) => number): Rule<O> {
  return {
    infer: ([x]) => float(x.shape),
    kernel(out, [x]) {
      for (let i = 0; i < x.data.length; i++) out.data[i] = f(x.data[i]);
    },
  };
}

/** One number of two, with NumPy's broadcasting. */
export function elementwise<O extends Plain>(f: (a: number, b: number) => number): Rule<O> {
  return {
    infer: ([a, b]) => float(broadcast(a.shape, b.shape)),
    kernel(out, [a, b]) {
      const stepsA = broadcastSteps(a.dims, out.dims);
      const stepsB = broadcastSteps(b.dims, out.dims);
      const index = new Int32Array(out.dims.length);
      for (let i = 0; i < out.data.length; i++) {
        let atA = 0;
        let atB = 0;
        for (let d = 0; d < index.length; d++) {
          atA += index[d] * stepsA[d];
          atB += index[d] * stepsB[d];
        }
        out.data[i] = f(a.data[atA], b.data[atB]);
        for (let d = index.length - 1; d >= 0 && ++index[d] === out.dims[d]; d--) index[d] = 0;
      }
    },
  };
}

function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i): Dimension => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new TypeError(`[${a.join()}] and [${b.join()}] do not broadcast.`);
    return x === 1 ? y : x;
  });
}

/** How far one step along each output axis moves in an input: 0 along an axis that is repeated. */
function broadcastSteps(dims: readonly number[], out: readonly number[]): Int32Array {
  const steps = new Int32Array(out.length);
  for (let i = dims.length - 1, step = 1; i >= 0; step *= dims[i--])
    steps[out.length - dims.length + i] = dims[i] === 1 ? 0 : step;
  return steps;
}

export function split(dims: readonly number[], axis: number): [outer: number, size: number, inner: number] {
  return [product(dims.slice(0, axis)), dims[axis], product(dims.slice(axis + 1))];
}

export function product(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}

export function float(shape: Shape): Inferred {
  return { shape, type: "float32" };
}

export function expectEqual(operator: string, a: Dimension | undefined, b: Dimension | undefined): void {
  if (a !== b) throw new TypeError(`${operator}: ${a} does not fit ${b}.`);
}
