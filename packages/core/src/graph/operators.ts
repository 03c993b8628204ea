/**
 * What each operator is: how its output is shaped, and a kernel in plain JS that computes it.
 *
 * The table is exhaustive by type: an operator added to `Attributes` without its rule does not compile, here, in
 * the ONNX lowering and in the table of gradients alike. The kernels favour clarity and exactness: they are the
 * oracle that faster runtimes are tested against, in float64 if asked, and they run small heads at the edge.
 */
import { erf } from "./erf.ts";
import { gradientOperators } from "./gradient-operators.ts";
import type { GradientAttributes } from "./gradient-operators.ts";
import {
  copyPart,
  elementwise,
  expectEqual,
  float,
  product,
  rowwise,
  takeRows,
  unary,
  withoutAxis,
} from "./rules.ts";
import type { Rule } from "./rules.ts";
import { logSumExp, softmaxInPlace, topPlaces } from "./vectors.ts";

export type { Numbers, Operand } from "./rules.ts";

/** Every operator with its attributes. */
export interface Attributes extends GradientAttributes {
  readonly embed: Empty;
  readonly firstRows: Empty;
  readonly linear: Empty;
  readonly matMul: Empty;
  readonly layerNorm: { readonly epsilon: number };
  readonly gelu: { readonly approximation: "none" | "tanh" };
  readonly relu: Empty;
  readonly tanh: Empty;
  readonly attention: { readonly heads: number };
  readonly add: Empty;
  readonly subtract: Empty;
  readonly multiply: Empty;
  readonly divide: Empty;
  readonly sum: { readonly axis: number };
  readonly select: { readonly axis: number; readonly index: number };
  readonly expand: { readonly axis: number };
  readonly concat: { readonly axis: number };
  readonly gatherRows: Empty;
  readonly logSumExp: Empty;
  readonly topIds: { readonly k: number };
  readonly take: Empty;
  readonly toFloat: Empty;
}

export type Empty = Readonly<Record<string, never>>;
/** The name of an operator. */
export type Operator = keyof Attributes;

/** The rules of every operator. */
export const operators: { readonly [O in Operator]: Rule<O> } = {
  embed: {
    infer: ([table, ids]) => float([...ids.shape, table.shape[1]]),
    kernel: (out, inputs) => takeRows(out, inputs, 2),
  },

  firstRows: {
    infer: ([table, like]) => float([like.shape[1], table.shape[1]]),
    kernel: (out, [table]) => copyPart(out, table, 0, 0, 0),
  },

  linear: {
    infer([x, weight, bias]) {
      expectEqual("linear", x.shape.slice(-1), weight.shape.slice(1));
      if (bias) expectEqual("linear", bias.shape, weight.shape.slice(0, 1));
      return float([...x.shape.slice(0, -1), weight.shape[0]]);
    },
    kernel(out, [x, weight, bias]) {
      const [outs, ins] = weight.dims;
      for (let i = 0; i < out.data.length; i++) {
        const row = Math.floor(i / outs) * ins;
        const column = (i % outs) * ins; // of the weight transposed
        let sum = bias ? bias.data[i % outs] : 0;
        for (let k = 0; k < ins; k++) sum += x.data[row + k] * weight.data[column + k];
        out.data[i] = sum;
      }
    },
  },

  matMul: {
    infer([a, b]) {
      if (b.shape.length > 2) expectEqual("matMul", a.shape.slice(0, -2), b.shape.slice(0, -2));
      expectEqual("matMul", a.shape.slice(-1), b.shape.slice(-2, -1));
      return float([...a.shape.slice(0, -1), ...b.shape.slice(-1)]);
    },
    kernel(out, [a, b]) {
      const [inner, columns] = b.dims.slice(-2);
      const size = inner * columns;
      const each = (out.data.length * size) / b.data.length; // numbers that come of one matrix b
      for (let i = 0; i < out.data.length; i++) {
        const row = Math.floor(i / columns) * inner; // of all matrices a under each other
        const column = Math.floor(i / each) * size + (i % columns);
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a.data[row + k] * b.data[column + k * columns];
        out.data[i] = sum;
      }
    },
  },

  layerNorm: {
    infer([x, scale, shift]) {
      for (const other of [scale, shift]) expectEqual("layerNorm", x.shape.slice(-1), other.shape);
      return float(x.shape);
    },
    kernel(out, [x, scale, shift], attributes) {
      const width = scale.data.length;
      gradientOperators.standardize.kernel(out, [x], attributes);
      for (let i = 0; i < out.data.length; i++)
        out.data[i] = out.data[i] * scale.data[i % width] + shift.data[i % width];
    },
  },

  // Pure: a bundler may leave the table out where no graph is run.
  gelu: /* @__PURE__ */ unary((x, { approximation }) =>
    approximation === "tanh" ? geluTanh(x) : geluErf(x),
  ),
  relu: /* @__PURE__ */ unary((x) => Math.max(0, x)),
  tanh: /* @__PURE__ */ unary(Math.tanh),

  attention: {
    infer([query, key, value, bias], { heads }) {
      const hidden = query.shape[2];
      if (typeof hidden !== "number" || hidden % heads !== 0)
        throw new TypeError(`attention: ${heads} heads do not divide a hidden size of ${hidden}.`);
      for (const other of [key, value]) expectEqual("attention", other.shape, query.shape);
      expectEqual("attention", bias.shape, query.shape.slice(0, 2));
      return float(query.shape);
    },
    kernel(out, [query, key, value, bias], { heads }) {
      const [, length, hidden] = query.dims;
      const size = hidden / heads;
      const weights = new Float64Array(length);
      // Head by head of each query: `size` numbers from q on.
      for (let q = 0; q < out.data.length; q += size) {
        const token = Math.floor(q / (length * hidden)) * length; // the first of the text
        const first = token * hidden + (q % hidden); // of this head's keys and values
        for (let j = 0; j < length; j++) {
          let dot = 0;
          for (let d = 0; d < size; d++) dot += query.data[q + d] * key.data[first + j * hidden + d];
          weights[j] = dot / Math.sqrt(size) + bias.data[token + j];
        }
        softmaxInPlace(weights);
        for (let j = 0; j < length; j++)
          for (let d = 0; d < size; d++) out.data[q + d] += weights[j] * value.data[first + j * hidden + d];
      }
    },
  },

  add: /* @__PURE__ */ elementwise((a, b) => a + b),
  subtract: /* @__PURE__ */ elementwise((a, b) => a - b),
  multiply: /* @__PURE__ */ elementwise((a, b) => a * b),
  divide: /* @__PURE__ */ elementwise((a, b) => a / b),

  sum: {
    infer: withoutAxis,
    kernel(out, [x], { axis }) {
      const inner = product(x.dims.slice(axis + 1));
      const step = x.dims[axis] * inner;
      for (let i = 0; i < x.data.length; i++)
        out.data[Math.floor(i / step) * inner + (i % inner)] += x.data[i];
    },
  },

  select: {
    infer: withoutAxis,
    kernel: (out, [x], { axis, index }) => copyPart(out, x, axis, 0, index),
  },

  expand: {
    infer: ([x], { axis }) => ({ shape: x.shape.toSpliced(axis, 0, 1), type: x.type }),
    kernel: (out, [x]) => out.data.set(x.data),
  },

  concat: {
    infer(inputs, { axis }) {
      const sizes = inputs.map((x) => x.shape[axis]);
      if (!sizes.every((size) => typeof size === "number"))
        throw new TypeError("concat: a size is not known.");
      return float(
        inputs[0].shape.with(
          axis,
          sizes.reduce((a, b) => a + b),
        ),
      );
    },
    kernel(out, inputs, { axis }) {
      let at = 0;
      for (const x of inputs) {
        copyPart(out, x, axis, at, 0);
        at += x.dims[axis];
      }
    },
  },

  gatherRows: {
    infer([x, rows]) {
      expectEqual("gatherRows", x.shape.slice(0, 1), rows.shape.slice(0, 1));
      return float([...rows.shape, x.shape[2]]);
    },
    kernel: (out, inputs) => takeRows(out, inputs, 2),
  },

  logSumExp: {
    infer: ([x]) => float(x.shape.slice(0, -1)),
    kernel: /* @__PURE__ */ rowwise((row) => [logSumExp(row)]),
  },

  topIds: {
    infer: ([x], { k }) => ({ shape: [...x.shape.slice(0, -1), k], type: "int32" }),
    kernel: /* @__PURE__ */ rowwise((row, { k }) => topPlaces(row, k)),
  },

  take: {
    infer([x, ids]) {
      expectEqual("take", x.shape.slice(0, -1), ids.shape.slice(0, -1));
      return float(ids.shape);
    },
    kernel: (out, inputs) => takeRows(out, inputs, 1),
  },

  toFloat: /* @__PURE__ */ unary((x) => x),

  ...gradientOperators,
};

function geluErf(x: number): number {
  return 0.5 * x * (1 + erf(x * Math.SQRT1_2));
}

function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
