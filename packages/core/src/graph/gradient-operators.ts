/**
 * The operators that training adds: what gradients are made of, and dropout. Like those of the model they are
 * differentiable themselves, and run wherever the model runs.
 */
import { keepThreshold, mixingStarts, mixPlaces, saltFactors } from "./dropout.ts";
import { erf } from "./erf.ts";
import type { Shape } from "./graph.ts";
import type { Empty } from "./operators.ts";
import {
  addToRows,
  copyPart,
  elementwise,
  expectEqual,
  float,
  placesOf,
  product,
  resized,
  rowwise,
  sameShape,
  unary,
} from "./rules.ts";
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
      const places = placesOf(
        out.dims,
        order.map((axis) => product(x.dims.slice(axis + 1))),
      );
      for (let i = 0; i < out.data.length; i++) out.data[i] = x.data[places[i]];
    },
  },

  reshape: {
    infer: ([x], { shape }) => ({ shape, type: x.type }),
    kernel: (out, [x]) => out.data.set(x.data),
  },

  broadcast: /* @__PURE__ */ elementwise((x) => x),

  slice: {
    infer: resized,
    kernel: (out, [x], { axis, start }) => copyPart(out, x, axis, 0, start),
  },

  pad: {
    infer: resized,
    kernel: (out, [x], { axis, start }) => copyPart(out, x, axis, start, 0),
  },

  addRows: {
    infer([x, rows, values]) {
      expectEqual("addRows", [...rows.shape, ...x.shape.slice(-1)], values.shape);
      return float(x.shape);
    },
    kernel: (out, inputs) => addToRows(out, inputs, 2),
  },

  addTaken: {
    infer([x, ids, values]) {
      expectEqual("addTaken", ids.shape, values.shape);
      return float(x.shape);
    },
    kernel: (out, inputs) => addToRows(out, inputs, 1),
  },

  contractRows: {
    infer([a, b]) {
      expectEqual("contractRows", a.shape.slice(0, -1), b.shape.slice(0, -1));
      return float([...a.shape.slice(-1), ...b.shape.slice(-1)]);
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
    infer: sameShape,
    kernel: /* @__PURE__ */ rowwise((row, { epsilon }) => {
      const { mean, inverse } = moments(row, epsilon);
      return row.map((x) => (x - mean) * inverse);
    }),
  },

  inverseDeviation: {
    infer: ([x]) => float([...x.shape.slice(0, -1), 1]),
    kernel: /* @__PURE__ */ rowwise((row, { epsilon }) => [moments(row, epsilon).inverse]),
  },

  softmax: { infer: sameShape, kernel: /* @__PURE__ */ rowwise(softmaxInPlace) },

  exp: /* @__PURE__ */ unary(Math.exp),
  erf: /* @__PURE__ */ unary(erf),
  sqrt: /* @__PURE__ */ unary(Math.sqrt),
  isPositive: /* @__PURE__ */ unary((x) => (x > 0 ? 1 : 0)),

  dropout: {
    infer: sameShape,
    kernel(out, [x, seed], { rate, salt }) {
      const [width] = x.dims.slice(-1);
      const [row, otherRow, column, otherColumn] = mixingStarts.map((start, vector) =>
        mixPlaces(vector < 2 ? x.data.length / width : width, seed.data[0], start),
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
