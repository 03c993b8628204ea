/**
 * The rules of the operators that training adds. Shapes are read when the graph runs, so that one graph serves every
 * batch and length.
 */
import { keepThreshold, mixing, mixingStarts, saltFactors } from "@cloze/core";
import type { Attributes, Shape, Value } from "@cloze/core";
import { FLOAT, INT32, INT64 } from "./lowering.ts";
import type { Emitter, Rules } from "./lowering.ts";

type Gradients = Pick<
  Rules,
  | "transpose"
  | "reshape"
  | "broadcast"
  | "slice"
  | "pad"
  | "addRows"
  | "addTaken"
  | "contractRows"
  | "sumRows"
  | "standardize"
  | "inverseDeviation"
  | "softmax"
  | "exp"
  | "erf"
  | "sqrt"
  | "isPositive"
  | "dropout"
>;

export const gradients: Gradients = {
  transpose: (e, inputs, { attributes }) => e.node("Transpose", inputs, { perm: attributes.order }),
  reshape: (e, [x], { attributes: { shape } }) => e.node("Reshape", [x, e.ints(reshaping(x.shape, shape))]),
  broadcast: (e, [x, like]) => e.node("Expand", [x, e.shape(like)]),

  slice(e, [x, like], { attributes: { axis, start } }) {
    const from = e.ints([start]);
    const to = e.node("Add", [sizeOf(e, like, axis), from]);
    return e.node("Slice", [x, from, to, e.ints([axis])]);
  },

  pad(e, [x, like], { attributes: { axis, start } }) {
    const none = x.shape.map(() => 0);
    const taken = e.node("Add", [sizeOf(e, x, axis), e.ints([start])]);
    const after = e.node("Sub", [sizeOf(e, like, axis), taken]); // [1]
    const before = e.ints([...none.with(axis, start), ...none.slice(0, axis)]);
    const rest = none.slice(axis + 1);
    const parts = rest.length > 0 ? [before, after, e.ints(rest)] : [before, after];
    return e.node("Pad", [x, e.node("Concat", parts, { axis: 0 })]);
  },

  addRows(e, [x, rows, values]) {
    const each = e.node("Unsqueeze", [rows, e.ints([-1])]); // [..., 1]
    if (x.shape.length === 2)
      return e.node("ScatterND", [x, e.node("Cast", [each], { to: INT64 }), values], { reduction: "add" });
    const places = e.node("Expand", [each, e.shape(values)]); // [batch, count, width]
    return e.node("ScatterElements", [x, places, values], { axis: 1, reduction: "add" });
  },

  addTaken: (e, inputs) => e.node("ScatterElements", inputs, { axis: -1, reduction: "add" }),

  contractRows: (e, [a, b]) => e.node("Gemm", [flat(e, a), flat(e, b)], { transA: 1 }),

  // A product with a row of ones: ReduceSum over the first axis runs at a fraction of its speed.
  sumRows(e, [x]) {
    const rows = flat(e, x); // [rows, n]
    const count = e.node("Concat", [e.ints([1]), e.node("Shape", [rows], { start: 0, end: 1 })], { axis: 0 });
    const ones = e.node("Expand", [e.float(1), count]); // [1, rows]
    return e.node("Reshape", [e.node("Gemm", [ones, rows]), e.ints([-1])]);
  },

  standardize: (e, [x], { attributes }) => normalization(e, x, attributes.epsilon)[0],
  inverseDeviation: (e, [x], { attributes }) => normalization(e, x, attributes.epsilon)[2],

  softmax: (e, inputs) => e.node("Softmax", inputs, { axis: -1 }),
  exp: (e, inputs) => e.node("Exp", inputs),
  erf: (e, inputs) => e.node("Erf", inputs),
  sqrt: (e, inputs) => e.node("Sqrt", inputs),
  isPositive: (e, [x]) => e.node("Cast", [e.node("Greater", [x, e.float(0)])], { to: FLOAT }),

  dropout: (e, [x, seed], { attributes }) => e.node("Mul", [x, kept(e, x, seed, attributes)]),
};

/** What Reshape takes: 0 copies a dimension, -1 is inferred. */
function reshaping(from: Shape, to: Shape): number[] {
  return to.map((size, i) => (typeof size === "number" ? size : size === from[i] ? 0 : -1));
}

/** The size of one axis, int64 [1]. */
function sizeOf(e: Emitter, x: Value, axis: number): string {
  const size = x.shape[axis];
  return typeof size === "number"
    ? e.ints([size])
    : e.node("Slice", [e.shape(x), e.ints([axis]), e.ints([axis + 1])]);
}

/** [..., n] as [rows, n]. */
function flat(e: Emitter, x: Value): Value | string {
  if (x.shape.length === 2) return x;
  const width = x.shape[x.shape.length - 1];
  const shape =
    typeof width === "number"
      ? e.ints([-1, width])
      : e.node("Concat", [e.ints([-1]), sizeOf(e, x, x.shape.length - 1)], { axis: 0 });
  return e.node("Reshape", [x, shape]);
}

/** Normalised, mean, one over the deviation. */
function normalization(e: Emitter, x: Value, epsilon: number): string[] {
  const ones = e.node("Expand", [e.float(1), e.ints([Number(x.shape.at(-1))])]);
  return e.several(3, "LayerNormalization", [x, ones], { axis: -1, epsilon: { float: epsilon } });
}

/** What dropout multiplies by, in x's shape: as `graph/dropout.ts` says, which has the reasons. */
function kept(e: Emitter, x: Value, seed: Value, { rate, salt }: Attributes["dropout"]): string {
  const times = (a: string, b: string): string => e.node("Mul", [a, b]);
  const mixed = (start: string): string =>
    mixing.rounds.reduce((h, factor) => {
      const product = times(h, e.node("Add", [times(h, e.whole(2)), e.whole(factor)]));
      return e.node("Add", [product, e.node("Div", [product, e.whole(mixing.shift)])]);
    }, start);
  const scaled = times(mixed(e.node("Mul", [seed, e.whole(1)])), e.whole(mixing.seed)); // [1]
  const places = (count: string, start: number, axis: number): string => {
    const range = e.node("Range", [e.int(0), e.node("Squeeze", [count]), e.int(1)]);
    const place = times(e.node("Cast", [range], { to: INT32 }), e.whole(mixing.place));
    const h = mixed(e.node("Add", [place, e.node("Add", [scaled, e.whole(start)])]));
    return e.node("Unsqueeze", [h, e.ints([axis])]);
  };
  const shape = e.shape(x);
  const last = x.shape.length - 1;
  const columns = sizeOf(e, x, last);
  const rows = e.node("ReduceProd", [e.node("Slice", [shape, e.ints([0]), e.ints([last])])], { keepdims: 0 });
  const factors = saltFactors(salt);
  const [z, other] = factors.map((factor, nth) =>
    times(
      places(rows, mixingStarts[nth], 1), // [rows, 1]
      times(places(columns, mixingStarts[nth + 2], 0), e.whole(factor)), // [1, columns]
    ),
  );
  const keep = e.node("Less", [e.node("Add", [z, other]), e.whole(keepThreshold(rate))]); // [rows, columns]
  return e.node("Reshape", [e.node("Where", [keep, e.float(1 / (1 - rate)), e.float(0)]), shape]);
}
