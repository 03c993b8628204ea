/**
 * The operators that training adds: what gradients are made of, and dropout. Like those of the model they are
 * differentiable themselves, and run wherever the model runs.
 */
import { keepThreshold, mixingStarts, mixPlaces, saltFactors } from "./dropout.ts";
import { erf } from "./erf.ts";
import type { Shape } from "./graph.ts";
import type { Empty } from "./operators.ts";
import { elementwise, expectEqual, float, product, split, unary } from "./rules.ts";
import type { Rule } from "./rules.ts";
import { moments, softmaxInPlace } from "./vectors.ts";

/** The attributes of each. */
export interface GradientAttributes {
  readonly transpose: { readonly order: readonly number[] };
  readonly reshape: { readonly shape: Shape };
  readonly broadcast: Empty;
  readonly slice: { readonly axis: number; readonly start: number };
  readonly pad: { readonly axis: number; readonly start: number };
  readonly addRows: Empty;
  readonly addTaken: Empty;
  readonly contractRows: Empty;
  readonly sumRows: Empty;
  readonly standardize: { readonly epsilon: number };
  readonly inverseDeviation: { readonly epsilon: number };
  readonly softmax: Empty;
  readonly exp: Empty;
  readonly erf: Empty;
  readonly sqrt: Empty;
  readonly isPositive: Empty;
  readonly dropout: { readonly rate: number; readonly salt: number };
}

export const gradientOperators: { readonly [O in keyof GradientAttributes]: Rule<O> } = {
  transpose: {
    infer: ([x], { order }) => float(order.map((axis) => x.shape[axis])),
    kernel(out, [x], { order }) {
      const steps = order.map((axis) => product(x.dims.slice(axis + 1)));
      const index = new Int32Array(order.length);
      let from = 0;
      for (let i = 0; i < out.data.length; i++) {
        out.data[i] = x.data[from];
        for (let d = order.length - 1; d >= 0; d--) {
          from += steps[d];
          if (++index[d] < out.dims[d]) break;
          from -= steps[d] * index[d];
          index[d] = 0;
        }
      }
    },
  },

  reshape: {
    infer: ([x], { shape }) => ({ shape, type: x.type }),
    kernel(out, [x]) {
      out.data.set(x.data);
    },
  },

  broadcast: /* @__PURE__ */ elementwise((x) => x),

  slice: {
    infer: ([x, like], { axis }) => float(x.shape.with(axis, like.shape[axis])),
    kernel(out, [x], { axis, start }) {
      const [outer, size, inner] = split(out.dims, axis);
      const step = x.dims[axis] * inner;
      for (let o = 0; o < outer; o++) {
        const from = o * step + start * inner;
        out.data.set(x.data.subarray(from, from + size * inner), o * size * inner);
      }
    },
  },

  pad: {
    infer: ([x, like], { axis }) => float(x.shape.with(axis, like.shape[axis])),
    kernel(out, [x], { axis, start }) {
      const [outer, size, inner] = split(x.dims, axis);
      const step = out.dims[axis] * inner;
      for (let o = 0; o < outer; o++)
        out.data.set(x.data.subarray(o * size * inner, (o + 1) * size * inner), o * step + start * inner);
    },
  },

  addRows: {
    infer([x, rows, values]) {
      expectEqual("addRows", [...rows.shape, x.shape.at(-1)].join(), values.shape.join());
      return float(x.shape);
    },
    kernel(out, [x, rows, values]) {
      const [length, width] = x.dims.slice(-2);
      const count = (rows.data.length * length * width) / x.data.length; // a matrix
      out.data.set(x.data);
      for (let i = 0; i < rows.data.length; i++) {
        const to = (Math.floor(i / count) * length + rows.data[i]) * width;
        for (let j = 0; j < width; j++) out.data[to + j] += values.data[i * width + j];
      }
    },
  },

  addTaken: {
    infer([x, ids, values]) {
      expectEqual("addTaken", ids.shape.join(), values.shape.join());
      return float(x.shape);
    },
    kernel(out, [x, ids, values]) {
      const width = x.dims[x.dims.length - 1];
      const count = ids.dims[ids.dims.length - 1];
      out.data.set(x.data);
      for (let i = 0; i < ids.data.length; i++)
        out.data[Math.floor(i / count) * width + ids.data[i]] += values.data[i];
    },
  },

  contractRows: {
    infer([a, b]) {
      expectEqual("contractRows", a.shape.slice(0, -1).join(), b.shape.slice(0, -1).join());
      return float([a.shape[a.shape.length - 1], b.shape[b.shape.length - 1]]);
    },
    kernel(out, [a, b]) {
      const [m, n] = out.dims;
      for (let r = 0; r < a.data.length / m; r++)
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) out.data[i * n + j] += a.data[r * m + i] * b.data[r * n + j];
    },
  },

  sumRows: {
    infer: ([x]) => float(x.shape.slice(-1)),
    kernel(out, [x]) {
      for (let i = 0; i < x.data.length; i++) out.data[i % out.data.length] += x.data[i];
    },
  },

  standardize: {
    infer: ([x]) => float(x.shape),
    kernel(out, [x], { epsilon }) {
      const width = x.dims[x.dims.length - 1];
      for (let at = 0; at < x.data.length; at += width) {
        const { mean, inverse } = moments(x.data, at, width, epsilon);
        for (let i = at; i < at + width; i++) out.data[i] = (x.data[i] - mean) * inverse;
      }
    },
  },

  inverseDeviation: {
    infer: ([x]) => float([...x.shape.slice(0, -1), 1]),
    kernel(out, [x], { epsilon }) {
      const width = x.dims[x.dims.length - 1];
      for (let i = 0; i < out.data.length; i++)
        out.data[i] = moments(x.data, i * width, width, epsilon).inverse;
    },
  },

  softmax: {
    infer: ([x]) => float(x.shape),
    kernel(out, [x]) {
      const width = x.dims[x.dims.length - 1];
      for (let at = 0; at < x.data.length; at += width)
        out.data.set(softmaxInPlace(Float64Array.from(x.data.subarray(at, at + width))), at);
    },
  },

  exp: /* @__PURE__ */ unary(Math.exp),
  erf: /* @__PURE__ */ unary(erf),
  sqrt: /* @__PURE__ */ unary(Math.sqrt),
  isPositive: /* @__PURE__ */ unary((x) => (x > 0 ? 1 : 0)),

  dropout: {
    infer: ([x]) => float(x.shape),
    kernel(out, [x, seed], { rate, salt }) {
      const width = x.dims[x.dims.length - 1];
      const rows = x.data.length / width;
      const [row, otherRow, column, otherColumn] = mixingStarts.map((start, vector) =>
        mixPlaces(vector < 2 ? rows : width, seed.data[0], start),
      );
      const [factor, otherFactor] = saltFactors(salt);
      const threshold = keepThreshold(rate);
      for (let i = 0; i < x.data.length; i++) {
        const r = Math.floor(i / width);
        const c = i % width;
        const z =
          (Math.imul(row[r], Math.imul(column[c], factor)) +
            Math.imul(otherRow[r], Math.imul(otherColumn[c], otherFactor))) |
          0;
        out.data[i] = z < threshold ? x.data[i] / (1 - rate) : 0;
      }
    },
  },
};
