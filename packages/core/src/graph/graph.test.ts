import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClozeError } from "../errors.ts";
import { erf } from "./erf.ts";
import { GraphBuilder } from "./graph.ts";
import type { Value } from "./graph.ts";
import { interpret } from "./interpret.ts";
import type { Operand } from "./operators.ts";

/** Computes one expression over float64 inputs, each given as its dims and its numbers. */
function compute(feeds: readonly Operand[], write: (g: GraphBuilder, inputs: Value[]) => Value): Operand {
  const g = new GraphBuilder();
  const inputs = feeds.map(({ dims }, i) => g.input(`x${i}`, dims, "float32"));
  g.output("y", write(g, inputs));
  return interpret(g.build(), new Map(feeds.map((feed, i) => [`x${i}`, feed]))).get("y")!;
}

const tensor = (dims: readonly number[], data: readonly number[]): Operand => ({
  dims,
  data: Float64Array.from(data),
});

describe("operators", () => {
  test("linear is x·Wᵀ + b, with the weight [out, in]", () => {
    const y = compute(
      [tensor([1, 2], [2, 3]), tensor([3, 2], [1, 0, 0, 1, 1, 1]), tensor([3], [10, 20, 30])],
      (g, [x, w, b]) => g.linear(x, w, b),
    );
    expect(y.dims).toEqual([1, 3]);
    expect([...y.data]).toEqual([12, 23, 35]);
  });

  test("matMul multiplies matrices, each with its own", () => {
    const y = compute(
      [tensor([2, 1, 2], [1, 2, 3, 4]), tensor([2, 2, 2], [1, 0, 0, 1, 1, 1, 2, 0])],
      (g, [a, b]) => g.matMul(a, b),
    );
    expect(y.dims).toEqual([2, 1, 2]);
    expect([...y.data]).toEqual([1, 2, 11, 3]);
  });

  test("embed takes rows; firstRows as many as the other tensor is long", () => {
    const table = tensor([3, 2], [1, 2, 3, 4, 5, 6]);
    const ids: Operand = { dims: [1, 2], data: Int32Array.of(2, 0) };
    expect([...compute([table, ids], (g, [t, i]) => g.embed(t, i)).data]).toEqual([5, 6, 1, 2]);
    expect([...compute([table, ids], (g, [t, i]) => g.firstRows(t, i)).data]).toEqual([1, 2, 3, 4]);
  });

  test("attention of one key gives that key's value; a key under the padding score gives nothing", () => {
    const [q, k] = [tensor([1, 2, 2], [1, 2, 3, 4]), tensor([1, 2, 2], [4, 3, 2, 1])];
    const v = tensor([1, 2, 2], [7, 8, 100, 200]);
    const y = compute([q, k, v, tensor([1, 2], [0, -10_000])], (g, [a, b, c, d]) =>
      g.attention(a, b, c, d, 1),
    );
    expect([...y.data]).toEqual([7, 8, 7, 8]);
  });

  test("attention weighs values by the softmax of scaled scores, head by head", () => {
    const q = tensor([1, 2, 2], [1, 5, 0, 0]);
    const v = tensor([1, 2, 2], [10, 1, 20, 2]);
    const y = compute([q, q, v, tensor([1, 2], [0, 0])], (g, [a, b, c, d]) => g.attention(a, b, c, d, 2));
    const weight = 1 / (1 + Math.exp(-1)); // head 0: scores 1 and 0, size 1
    expect(y.data[0]).toBeCloseTo(10 * weight + 20 * (1 - weight), 12);
    const other = 1 / (1 + Math.exp(-25)); // head 1: scores 25 and 0
    expect(y.data[1]).toBeCloseTo(other + 2 * (1 - other), 12);
    expect(Array.from(y.data.subarray(2))).toEqual([15, 1.5]);
  });

  test("layerNorm gives mean 0 and variance 1, then scales and shifts", () => {
    const y = compute(
      [tensor([1, 4], [1, 2, 3, 10]), tensor([4], [1, 1, 1, 2]), tensor([4], [0, 0, 0, 5])],
      (g, [x, scale, shift]) => g.layerNorm(x, scale, shift, 0),
    );
    const deviation = Math.sqrt((9 + 4 + 1 + 36) / 4);
    expect([...y.data]).toEqual(
      [-3, -2, -1, 6].map((d, i) => (i === 3 ? (2 * d) / deviation + 5 : d / deviation)),
    );
  });

  test("gatherRows takes each example's own rows, in the order asked for", () => {
    const x = tensor([2, 2, 1], [1, 2, 3, 4]);
    const rows: Operand = { dims: [2, 3], data: Int32Array.of(1, 0, 1, 0, 0, 1) };
    const y = compute([x, rows], (g, [a, b]) => g.gatherRows(a, b));
    expect(y.dims).toEqual([2, 3, 1]);
    expect([...y.data]).toEqual([2, 1, 2, 3, 3, 4]);
  });

  test("topIds names the greatest along the last axis, the earlier of equal ones first; take gives their values", () => {
    const x = tensor([2, 4], [1, 9, 9, 3, -1, -2, -3, -4]);
    const ids = compute([x], (g, [a]) => g.topIds(a, 3));
    expect(ids.dims).toEqual([2, 3]);
    expect([...ids.data]).toEqual([1, 2, 3, 0, 1, 2]);
    const values = compute([x], (g, [a]) => g.take(a, g.topIds(a, 2)));
    expect([...values.data]).toEqual([9, 9, -1, -2]);
    const floats = compute([x], (g, [a]) => g.toFloat(g.topIds(a, 1)));
    expect([...floats.data]).toEqual([1, 0]);
  });

  test("logSumExp is safe where exp is not", () => {
    const y = compute([tensor([2, 2], [1000, 1000, -1000, -1000])], (g, [x]) => g.logSumExp(x));
    expect(y.dims).toEqual([2]);
    expect(y.data[0]).toBeCloseTo(1000 + Math.log(2), 10);
    expect(y.data[1]).toBeCloseTo(-1000 + Math.log(2), 10);
  });

  test("elementwise operators broadcast as NumPy's do", () => {
    const y = compute([tensor([2, 1], [1, 2]), tensor([3], [10, 20, 30])], (g, [a, b]) => g.add(a, b));
    expect(y.dims).toEqual([2, 3]);
    expect([...y.data]).toEqual([11, 21, 31, 12, 22, 32]);
  });

  test("sum, select, expand and concat work along any axis", () => {
    const x = tensor([2, 3], [1, 2, 3, 4, 5, 6]);
    expect([...compute([x], (g, [a]) => g.sum(a, 0)).data]).toEqual([5, 7, 9]);
    expect([...compute([x], (g, [a]) => g.sum(a, 1)).data]).toEqual([6, 15]);
    expect([...compute([x], (g, [a]) => g.select(a, 1, 2)).data]).toEqual([3, 6]);
    expect(compute([x], (g, [a]) => g.expand(a, 1)).dims).toEqual([2, 1, 3]);
    expect([...compute([x, x], (g, [a, b]) => g.concat([a, b], 1)).data]).toEqual([
      1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6,
    ]);
  });

  test("exact GELU is x·Φ(x); its approximation is within 5e-4 of it", () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (x) => {
        const [exact] = compute([tensor([1], [x])], (g, [a]) => g.gelu(a, "none")).data;
        const [close] = compute([tensor([1], [x])], (g, [a]) => g.gelu(a, "tanh")).data;
        expect(exact).toBeCloseTo(0.5 * x * (1 + erf(x / Math.SQRT2)), 14);
        expect(Math.abs(exact - close)).toBeLessThan(5e-4);
      }),
    );
  });

  test("erf is odd and right to the last digits at known points", () => {
    expect(erf(0)).toBe(0);
    expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
    expect(erf(1)).toBeCloseTo(0.8427007929497149, 15);
    expect(erf(3)).toBeCloseTo(0.9999779095030014, 15);
    fc.assert(fc.property(fc.double({ min: 0, max: 10, noNaN: true }), (x) => erf(-x) === -erf(x)));
  });
});

describe("graph", () => {
  test("a parameter asked for twice is one parameter: weights are tied by name", () => {
    const g = new GraphBuilder();
    expect(g.parameter("w", [2, 2])).toBe(g.parameter("w", [2, 2]));
    expect(() => g.parameter("w", [3, 2])).toThrow("w is asked for as [3,2], but is [2,2].");
    expect(g.build().parameters).toHaveLength(1);
  });

  test("shapes that do not fit are refused where they are written", () => {
    const g = new GraphBuilder();
    const x = g.input("x", ["batch", 3], "float32");
    expect(() => g.linear(x, g.parameter("w", [2, 4]))).toThrow(TypeError);
    expect(() => g.add(x, g.parameter("v", [2]))).toThrow("[batch,3] and [2] do not broadcast.");
  });

  test("only what the asked outputs need is computed, and needs feeds", () => {
    const g = new GraphBuilder();
    const x = g.input("x", ["n"], "float32");
    g.output("twice", g.add(x, x));
    g.output("other", g.add(x, g.input("y", ["n"], "float32")));
    const graph = g.build();
    const feeds = new Map([["x", tensor([2], [1, 2])]]);
    expect([...interpret(graph, feeds, { outputs: ["twice"] }).get("twice")!.data]).toEqual([2, 4]);
    expect(() => interpret(graph, feeds)).toThrow("The feed y is missing.");
    expect(() => interpret(graph, feeds, { outputs: ["none"] })).toThrow(ClozeError);
  });

  test("two feeds that disagree about a named dimension are refused", () => {
    const g = new GraphBuilder();
    g.output("y", g.add(g.input("a", ["n"], "float32"), g.input("b", ["n"], "float32")));
    const feeds = new Map([
      ["a", tensor([2], [1, 2])],
      ["b", tensor([3], [1, 2, 3])],
    ]);
    expect(() => interpret(g.build(), feeds)).toThrow("b is [3], but should be [n].");
  });
});
