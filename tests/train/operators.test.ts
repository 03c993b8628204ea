/**
 * Every operator of training, and its gradient, in ONNX Runtime against the interpreter: with dimensions that have names,
 * whose sizes the emitted graph has to find when it runs.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { GraphBuilder, interpret } from "@cloze/core";
import type { Operand, Shape, Value } from "@cloze/core";
import { toTrainingOnnx } from "@cloze/runtime/onnx";
import { grad, gradientName } from "@cloze/train";

type Parameter = (...shape: Shape) => Value;
type Whole = (shape: Shape, ...data: number[]) => Value;
type Use = (g: GraphBuilder, p: Parameter, ints: Whole) => Value;

/** What the names of dimensions stand for. */
const sizes: Readonly<Record<string, number>> = { a: 2, b: 3, c: 5, two: 2 };

const uses: Readonly<Record<string, Use>> = {
  transpose: (g, p) => g.transpose(p("a", "b", 4), [2, 0, 1]),
  reshape: (g, p) => g.reshape(p("a", "b", 4), ["a", "b", 2, 2]),
  broadcast: (g, p) => g.broadcast(p("a", 1), p("c", "a", 4)),
  "broadcast of a scalar": (g, p) => g.broadcast(p(), p("a", "b")),
  slice: (g, p) => g.slice(p("a", "c", 4), p("b", "b"), 1, 2),
  "slice of the first axis": (g, p) => g.slice(p("c", "a"), p("b"), 0, 1),
  pad: (g, p) => g.pad(p("a", "b", 4), p("a", "c"), 1, 1),
  "pad of the last axis": (g, p) => g.pad(p("a", "b"), p("a", "c"), 1, 2),
  "addRows of each example": (g, p, ints) =>
    g.addRows(p("a", "b", 4), ints(["a", "two"], 0, 0, 2, 1), p("a", "two", 4)),
  "addRows of a table": (g, p, ints) => g.addRows(p(7, 4), ints(["a", "two"], 0, 0, 6, 1), p("a", "two", 4)),
  addTaken: (g, p, ints) => g.addTaken(p("a", "b"), ints(["a", "two"], 0, 0, 2, 1), p("a", "two")),
  contractRows: (g, p) => g.contractRows(p("a", "b", 4), p("a", "b", 3)),
  "contractRows of named widths": (g, p) => g.contractRows(p("a", "two", "b"), p("a", "two", "c")),
  sumRows: (g, p) => g.sumRows(p("a", "b", 4)),
  "sumRows of a named width": (g, p) => g.sumRows(p("a", "b", "c")),
  standardize: (g, p) => g.standardize(p("a", "b", 4), 1e-3),
  inverseDeviation: (g, p) => g.inverseDeviation(p("a", "b", 4), 1e-3),
  softmax: (g, p) => g.softmax(p("a", "b")),
  exp: (g, p) => g.exp(p("a")),
  erf: (g, p) => g.erf(p("a", 3)),
  sqrt: (g, p) => g.sqrt(g.exp(p("a", 3))),
  isPositive: (g, p) => g.multiply(g.isPositive(p("a", 5)), p("a", 5)),
  dropout: (g, p, ints) => g.dropoutBy(p("a", "b", 9), ints([1], -7), { rate: 0.3, salt: 4 }),
  "dropout of a vector": (g, p, ints) => g.dropoutBy(p("c"), ints([1], 0), { rate: 0.3, salt: 0 }),
  select: (g, p) => g.select(p("a", "b"), 1, 1),
  sum: (g, p) => g.sum(p("a", "b", 4), 1),
  concat: (g, p) => g.concat([p("a", 2, 3), p("a", 1, 3)], 1),
  gatherRows: (g, p, ints) => g.gatherRows(p("a", "b", 4), ints(["a", "two"], 0, 0, 2, 1)),
  take: (g, p, ints) => g.take(p("a", "b"), ints(["a", "two"], 0, 0, 2, 1)),
  logSumExp: (g, p) => g.logSumExp(p("a", "b", "c")),
  embed: (g, p, ints) => g.embed(p(7, 3), ints(["a", "two"], 1, 1, 0, 6)),
  "embed of what was computed": (g, p, ints) => g.embed(g.exp(p(7, 3)), ints(["a"], 1, 6)),
  firstRows: (g, p) => g.firstRows(p(7, 3), p("a", "b")),
  "linear with a weight that was computed": (g, p) => g.linear(p("a", "b", 4), g.tanh(p(3, 4)), p(3)),
  "linear of a vector": (g, p) => g.linear(p(4), p(3, 4), p(3)),
  matMul: (g, p) => g.matMul(p("a", 2, "b", "c"), p("a", 2, "c", 4)),
  "matMul with one matrix": (g, p) => g.matMul(p("a", "b", 3), p(3, 4)),
  "add of a column": (g, p) => g.add(p("a", "b", 4), p("b", 1)),
  "multiply by a vector of a named length": (g, p) => g.multiply(p("a", "b", "c"), p("c")),
  "multiply of both broadcast": (g, p) => g.multiply(p("a", 1, "b"), p("c", "b")),
  "divide by one number": (g, p) => g.divide(p("a", "b"), g.exp(p(1))),
  layerNorm: (g, p) => g.layerNorm(p("a", "b", 4), p(4), p(4), 1e-5),
  "gelu, exact": (g, p) => g.gelu(p("a", 4), "none"),
  "gelu, approximate": (g, p) => g.gelu(p("a", 4), "tanh"),
  attention: (g, p) => g.attention(p("a", "b", 4), p("a", "b", 4), p("a", "b", 4), p("a", "b"), 2),
};

const dimsOf = (shape: Shape): number[] => shape.map((d) => (typeof d === "number" ? d : sizes[d]));

test.each(Object.entries(uses))("%s, and its gradient", async (_, use) => {
  const g = new GraphBuilder();
  const feeds = new Map<string, Operand>();
  const result = use(
    g,
    (...shape) => {
      const name = `p${feeds.size}`;
      const dims = dimsOf(shape);
      const length = dims.reduce((x, y) => x * y, 1);
      const data = Float32Array.from({ length }, (_none, i) => Math.sin(12.9898 * (i + 1) + feeds.size));
      feeds.set(name, { dims, data });
      return g.parameter(name, shape);
    },
    (shape, ...data) => {
      const whole: Operand = { dims: dimsOf(shape), data: Int32Array.from(data) };
      feeds.set("ints", whole).set("dropout_seed.backward", whole);
      return g.input("ints", shape, "int32");
    },
  );
  let loss = g.multiply(result, result);
  while (loss.shape.length > 0) loss = g.sum(loss, 0);
  g.output("result", result);
  g.output("loss", loss);
  const graph = grad(g.build(), "loss");

  const expected = interpret(graph, feeds);
  const session = await InferenceSession.create(toTrainingOnnx(graph), { logSeverityLevel: 3 });
  const found = await session.run(
    Object.fromEntries(
      session.inputNames.map((name) => {
        const { dims, data } = feeds.get(name)!;
        return [
          name,
          data instanceof Int32Array
            ? new Tensor("int32", data, dims)
            : new Tensor("float32", data as Float32Array, dims),
        ];
      }),
    ),
  );
  for (const [name, { dims, data }] of expected) {
    expect(found[name].dims, name).toEqual(dims);
    for (const [i, x] of (found[name].data as Float32Array).entries())
      expect(Math.abs(x - data[i]) / (1 + Math.abs(data[i])), name).toBeLessThan(1e-5);
  }
  for (const [name, { dims }] of feeds)
    if (expected.has(gradientName(name))) expect(expected.get(gradientName(name))!.dims).toEqual(dims);
  await session.release();
});
