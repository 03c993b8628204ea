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
import { elementwise, expectEqual, float, split, unary } from "./rules.ts";
import type { Rule } from "./rules.ts";
import { logSumExp, moments, softmaxInPlace, topPlaces } from "./vectors.ts";

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
    kernel(out, [table, ids]) {
      const width = table.dims[1];
      for (let i = 0; i < ids.data.length; i++)
        for (let j = 0; j < width; j++) out.data[i * width + j] = table.data[ids.data[i] * width + j];
    },
  },

  firstRows: {
    infer: ([table, like]) => float([like.shape[1], table.shape[1]]),
    kernel(out, [table]) {
      out.data.set(table.data.subarray(0, out.data.length));
    },
  },

  linear: {
    infer([x, weight, bias]) {
      expectEqual("linear", x.shape.at(-1), weight.shape[1]);
      if (bias) expectEqual("linear", bias.shape[0], weight.shape[0]);
      return float([...x.shape.slice(0, -1), weight.shape[0]]);
    },
    kernel(out, [x, weight, bias]) {
      const [outs, ins] = weight.dims;
      const rows = x.data.length / ins;
      for (let r = 0; r < rows; r++) {
        for (let o = 0; o < outs; o++) {
          let sum = bias ? bias.data[o] : 0;
          for (let i = 0; i < ins; i++) sum += x.data[r * ins + i] * weight.data[o * ins + i];
          out.data[r * outs + o] = sum;
        }
      }
    },
  },

  matMul: {
    infer([a, b]) {
      if (b.shape.length > 2) expectEqual("matMul", a.shape.slice(0, -2).join(), b.shape.slice(0, -2).join());
      expectEqual("matMul", a.shape.at(-1), b.shape.at(-2));
      return float([...a.shape.slice(0, -1), b.shape[b.shape.length - 1]]);
    },
    kernel(out, [a, b]) {
      const [rows, columns] = out.dims.slice(-2);
      const inner = a.dims[a.dims.length - 1];
      for (let i = 0; i < out.data.length; i++) {
        const matrix = Math.floor(i / (rows * columns));
        const row = Math.floor(i / columns) * inner; // of all matrices under each other
        const column = (b.dims.length > 2 ? matrix * inner * columns : 0) + (i % columns);
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a.data[row + k] * b.data[column + k * columns];
        out.data[i] = sum;
      }
    },
  },

  layerNorm: {
    infer([x, scale, shift]) {
      expectEqual("layerNorm", x.shape.at(-1), scale.shape[0]);
      expectEqual("layerNorm", x.shape.at(-1), shift.shape[0]);
      return float(x.shape);
    },
    kernel(out, [x, scale, shift], { epsilon }) {
      const width = scale.dims[0];
      for (let at = 0; at < x.data.length; at += width) {
        const { mean, inverse } = moments(x.data, at, width, epsilon);
        for (let i = 0; i < width; i++)
          out.data[at + i] = (x.data[at + i] - mean) * inverse * scale.data[i] + shift.data[i];
      }
    },
  },

  gelu: {
    infer: ([x]) => float(x.shape),
    kernel(out, [x], { approximation }) {
      const f = approximation === "tanh" ? geluTanh : geluErf;
      for (let i = 0; i < x.data.length; i++) out.data[i] = f(x.data[i]);
    },
  },

  relu: /* @__PURE__ */ unary((x) => Math.max(0, x)),
  tanh: /* @__PURE__ */ unary(Math.tanh),

  attention: {
    infer([query, key, value, bias], { heads }) {
      const hidden = query.shape[2];
      if (typeof hidden !== "number" || hidden % heads !== 0)
        throw new TypeError(`attention: ${heads} heads do not divide a hidden size of ${hidden}.`);
      for (const other of [key, value]) expectEqual("attention", other.shape.join(), query.shape.join());
      expectEqual("attention", bias.shape.join(), query.shape.slice(0, 2).join());
      return float(query.shape);
    },
    kernel(out, [query, key, value, bias], { heads }) {
      const [batch, length, hidden] = query.dims;
      const size = hidden / heads;
      const weights = new Float64Array(length);
      for (let b = 0; b < batch; b++) {
        for (let h = 0; h < heads; h++) {
          for (let i = 0; i < length; i++) {
            const q = (b * length + i) * hidden + h * size;
            for (let j = 0; j < length; j++) {
              const k = (b * length + j) * hidden + h * size;
              let dot = 0;
              for (let d = 0; d < size; d++) dot += query.data[q + d] * key.data[k + d];
              weights[j] = dot / Math.sqrt(size) + bias.data[b * length + j];
            }
            softmaxInPlace(weights);
            for (let j = 0; j < length; j++) {
              const v = (b * length + j) * hidden + h * size;
              for (let d = 0; d < size; d++) out.data[q + d] += weights[j] * value.data[v + d];
            }
          }
        }
      }
    },
  },

  // Pure: a bundler may leave the table out where no graph is run.
  add: /* @__PURE__ */ elementwise((a, b) => a + b),
  subtract: /* @__PURE__ */ elementwise((a, b) => a - b),
  multiply: /* @__PURE__ */ elementwise((a, b) => a * b),
  divide: /* @__PURE__ */ elementwise((a, b) => a / b),

  sum: {
    infer: ([x], { axis }) => float(x.shape.toSpliced(axis, 1)),
    kernel(out, [x], { axis }) {
      const [outer, size, inner] = split(x.dims, axis);
      for (let o = 0; o < outer; o++)
        for (let s = 0; s < size; s++)
          for (let i = 0; i < inner; i++) out.data[o * inner + i] += x.data[(o * size + s) * inner + i];
    },
  },

  select: {
    infer: ([x], { axis }) => float(x.shape.toSpliced(axis, 1)),
    kernel(out, [x], { axis, index }) {
      const [outer, size, inner] = split(x.dims, axis);
      for (let o = 0; o < outer; o++)
        for (let i = 0; i < inner; i++) out.data[o * inner + i] = x.data[(o * size + index) * inner + i];
    },
  },

  expand: {
    infer: ([x], { axis }) => ({ shape: x.shape.toSpliced(axis, 0, 1), type: x.type }),
    kernel(out, [x]) {
      out.data.set(x.data);
    },
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
      const [outer, size, inner] = split(out.dims, axis);
      let at = 0;
      for (const { dims, data } of inputs) {
        const width = dims[axis] * inner;
        for (let o = 0; o < outer; o++)
          out.data.set(data.subarray(o * width, (o + 1) * width), o * size * inner + at);
        at += width;
      }
    },
  },

  gatherRows: {
    infer([x, rows]) {
      expectEqual("gatherRows", x.shape[0], rows.shape[0]);
      return float([...rows.shape, x.shape[2]]);
    },
    kernel(out, [x, rows]) {
      const [, length, width] = x.dims;
      const [batch, count] = rows.dims;
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < count; i++) {
          const from = (b * length + rows.data[b * count + i]) * width;
          out.data.set(x.data.subarray(from, from + width), (b * count + i) * width);
        }
      }
    },
  },

  logSumExp: {
    infer: ([x]) => float(x.shape.slice(0, -1)),
    kernel(out, [x]) {
      const width = x.dims[x.dims.length - 1];
      for (let i = 0; i < out.data.length; i++)
        out.data[i] = logSumExp(x.data.subarray(i * width, (i + 1) * width));
    },
  },

  topIds: {
    infer: ([x], { k }) => ({ shape: [...x.shape.slice(0, -1), k], type: "int32" }),
    kernel(out, [x], { k }) {
      const width = x.dims[x.dims.length - 1];
      for (let i = 0; i < out.data.length / k; i++)
        out.data.set(topPlaces(x.data.subarray(i * width, (i + 1) * width), k), i * k);
    },
  },

  take: {
    infer([x, ids]) {
      expectEqual("take", x.shape.slice(0, -1).join(), ids.shape.slice(0, -1).join());
      return float(ids.shape);
    },
    kernel(out, [x, ids]) {
      const width = x.dims[x.dims.length - 1];
      const count = ids.dims[ids.dims.length - 1];
      for (let i = 0; i < out.data.length; i++)
        out.data[i] = x.data[Math.floor(i / count) * width + ids.data[i]];
    },
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
