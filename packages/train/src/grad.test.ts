import { expect, test } from "vitest";
import { GraphBuilder, interpret, namesOf, operators } from "@cloze/core";
import type { Graph, Operand, Operator, Shape, Value } from "@cloze/core";
import { grad, gradientName } from "./grad.ts";

/** Numbers that are the same every time, from -1 to 1, and no two of them near each other or near 0. */
function numbers(count: number, seed: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const x = Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453;
    const y = 2 * (x - Math.floor(x)) - 1;
    return Math.sign(y) * (0.1 + 0.9 * Math.abs(y));
  });
}

const sizeOf = (shape: Shape): number => shape.reduce<number>((a, b) => a * Number(b), 1);
const whole = (dims: number[], ...data: number[]): Operand => ({ dims, data: Int32Array.from(data) });

/** Each operator on small parameters, in all the forms that its rule tells apart. */
const uses: { readonly [O in Operator]: readonly ((g: GraphBuilder, p: Parameter, ints: Whole) => Value)[] } =
  {
    add: [(g, p) => g.add(p(2, 3), p(3)), (g, p) => g.add(p(2, 1), p(2, 3)), (g, p) => g.add(p(), p(2, 2))],
    subtract: [(g, p) => g.subtract(p(2, 3), p(3)), (g, p) => g.subtract(p(3), p(2, 3))],
    multiply: [
      (g, p) => g.multiply(p(2, 3), p(2, 1)),
      (g, p) => g.multiply(p(1, 3), p(4, 2, 3)),
      (g, p) => {
        const x = p(3);
        return g.multiply(x, x);
      },
    ],
    divide: [(g, p) => g.divide(p(2, 3), p(3)), (g, p) => g.divide(p(3), p(2, 3))],
    gelu: [(g, p) => g.gelu(p(2, 3), "none"), (g, p) => g.gelu(p(2, 3), "tanh")],
    relu: [(g, p) => g.relu(p(2, 3))],
    tanh: [(g, p) => g.tanh(p(2, 3))],
    exp: [(g, p) => g.exp(p(2, 3))],
    erf: [(g, p) => g.erf(p(2, 3))],
    sqrt: [
      (g, p) => {
        const x = p(2, 3);
        return g.sqrt(g.multiply(x, x));
      },
    ],
    isPositive: [
      (g, p) => {
        const x = p(2, 3);
        return g.multiply(g.isPositive(x), x);
      },
    ],
    toFloat: [(g, p, i) => g.multiply(g.toFloat(i([2], 3, 4)), p(2))],
    dropout: [(g, p, i) => g.dropoutBy(p(4, 8), i([1], 7, "dropout_seed"), { rate: 0.4, salt: 1 })],
    linear: [
      (g, p) => g.linear(p(2, 2, 3), p(4, 3), p(4)),
      (g, p) => g.linear(p(2, 3), p(4, 3)),
      (g, p) => g.linear(p(3), p(4, 3), p(4)),
    ],
    matMul: [(g, p) => g.matMul(p(2, 2, 3), p(2, 3, 4)), (g, p) => g.matMul(p(2, 2, 3), p(3, 4))],
    contractRows: [(g, p) => g.contractRows(p(2, 2, 3), p(2, 2, 4))],
    sumRows: [(g, p) => g.sumRows(p(2, 2, 3))],
    attention: [
      (g, p) => g.attention(p(2, 3, 4), p(2, 3, 4), p(2, 3, 4), p(2, 3), 2),
      (g, p) => {
        const x = p(2, 3, 4);
        return g.attention(x, x, x, p(2, 3), 2);
      },
    ],
    layerNorm: [(g, p) => g.layerNorm(p(2, 2, 4), p(4), p(4), 1e-3)],
    standardize: [(g, p) => g.standardize(p(2, 4), 1e-3)],
    inverseDeviation: [(g, p) => g.inverseDeviation(p(2, 4), 1e-3)],
    softmax: [(g, p) => g.softmax(p(2, 2, 3))],
    logSumExp: [(g, p) => g.logSumExp(p(2, 2, 3))],
    embed: [(g, p, i) => g.embed(p(4, 3), i([2, 2], 1, 0, 1, 3))],
    firstRows: [(g, p, i) => g.firstRows(p(4, 3), i([2, 2], 0, 0, 0, 0))],
    gatherRows: [(g, p, i) => g.gatherRows(p(2, 3, 2), i([2, 2], 1, 1, 0, 2))],
    take: [(g, p, i) => g.take(p(2, 4), i([2, 2], 3, 3, 0, 1))],
    topIds: [
      (g, p) => {
        const x = p(2, 4);
        return g.take(x, g.topIds(x, 2));
      },
    ],
    addRows: [
      (g, p, i) => g.addRows(p(2, 3, 2), i([2, 2], 1, 1, 0, 2), p(2, 2, 2)),
      (g, p, i) => g.addRows(p(4, 3), i([2, 2], 1, 0, 1, 3), p(2, 2, 3)),
    ],
    addTaken: [(g, p, i) => g.addTaken(p(2, 4), i([2, 2], 3, 3, 0, 1), p(2, 2))],
    transpose: [(g, p) => g.transpose(p(2, 3, 4), [2, 0, 1])],
    reshape: [(g, p) => g.reshape(p(2, 6), [2, 3, 2])],
    broadcast: [(g, p) => g.broadcast(p(2, 1), p(4, 2, 3)), (g, p) => g.broadcast(p(), p(2, 2))],
    slice: [(g, p) => g.slice(p(2, 5, 2), p(1, 2, 1), 1, 2)],
    pad: [(g, p) => g.pad(p(2, 2, 2), p(1, 5, 1), 1, 2)],
    sum: [(g, p) => g.sum(p(2, 3, 2), 1)],
    select: [(g, p) => g.select(p(2, 3, 2), 1, 2)],
    expand: [(g, p) => g.expand(p(2, 3), 1)],
    concat: [(g, p) => g.concat([p(2, 1, 2), p(2, 3, 2)], 1)],
  };

type Parameter = (...shape: number[]) => Value;
type Whole = (dims: number[], ...data: (number | string)[]) => Value;

/** The loss of a use: a weighted sum of its numbers, so that no gradient is the same as another. */
function lossOf(use: (g: GraphBuilder, p: Parameter, ints: Whole) => Value): {
  readonly graph: Graph;
  readonly feeds: Map<string, Operand>;
} {
  const g = new GraphBuilder();
  const feeds = new Map<string, Operand>();
  const result = use(
    g,
    (...shape) => {
      const name = `p${feeds.size}`;
      feeds.set(name, { dims: shape, data: numbers(sizeOf(shape), feeds.size + 1) });
      return g.parameter(name, shape);
    },
    (dims, ...data) => {
      const name = data.find((one) => typeof one === "string") ?? `i${feeds.size}`;
      const given = whole(dims, ...data.filter((one) => typeof one === "number"));
      feeds.set(name, given);
      feeds.set(`${name}.backward`, given);
      return g.input(name, dims, "int32");
    },
  );
  const weights = g.input("weights", result.shape, "float32");
  feeds.set("weights", { dims: result.shape.map(Number), data: numbers(sizeOf(result.shape), 99) });
  let loss = g.multiply(result, weights);
  while (loss.shape.length > 0) loss = g.sum(loss, 0);
  g.output("loss", loss);
  return { graph: g.build(), feeds };
}

/** The greatest relative distance of a graph's gradients of `loss` from central differences. */
function worst(graph: Graph, loss: string, feeds: Map<string, Operand>): number {
  const differentiated = grad(graph, loss);
  const gradients = interpret(differentiated, feeds);
  const at = (): number => interpret(graph, feeds, { outputs: [loss] }).get(loss)!.data[0];
  let greatest = 0;
  for (const name of namesOf(graph.parameters)) {
    const gradient = gradients.get(gradientName(name));
    if (!gradient) continue;
    const { data } = feeds.get(name)!;
    for (let i = 0; i < data.length; i++) {
      const [x, step] = [data[i], 1e-5];
      data[i] = x + step;
      const above = at();
      data[i] = x - step;
      const below = at();
      data[i] = x;
      const slope = (above - below) / (2 * step);
      greatest = Math.max(greatest, Math.abs(slope - gradient.data[i]) / (1 + Math.abs(slope)));
    }
  }
  return greatest;
}

const named = (Object.keys(operators) as Operator[]).map((operator) => [operator, uses[operator]] as const);

test.each(named)("the gradient of %s is what central differences say", (operator, forms) => {
  for (const form of forms) {
    const { graph, feeds } = lossOf(form);
    expect(graph.nodes.map((node) => node.operator)).toContain(operator);
    expect(worst(graph, "loss", feeds)).toBeLessThan(1e-8);
  }
});

test.each(named.filter(([operator]) => operator !== "topIds"))(
  "the gradient of %s has itself a right gradient",
  (_, forms) => {
    for (const form of forms) {
      const { graph, feeds } = lossOf(form);
      const first = grad(graph, "loss");
      const g = GraphBuilder.from(first);
      const squares = [...first.outputs].flatMap(([name, value]) => {
        if (!name.startsWith("gradient.")) return [];
        let sum = g.multiply(value, value);
        while (sum.shape.length > 0) sum = g.sum(sum, 0);
        return [sum];
      });
      g.output(
        "steepness",
        squares.reduce((a, b) => g.add(a, b)),
      );
      const second = g.build();
      const kept: Graph = { ...second, outputs: new Map([["steepness", second.outputs.get("steepness")!]]) };
      const depends = namesOf(kept.parameters).some((name) => feeds.has(name));
      if (depends && curved(kept)) expect(worst(kept, "steepness", feeds)).toBeLessThan(1e-5);
    }
  },
);

/** Whether a graph's outputs depend on its parameters at all: gradients of what is linear do not. */
function curved(graph: Graph): boolean {
  try {
    grad(graph, "steepness");
    return true;
  } catch {
    return false;
  }
}

test("what a loss does not depend on gets no gradient, and a loss that depends on nothing is refused", () => {
  const g = new GraphBuilder();
  const [used, unused] = [g.parameter("used", [2]), g.parameter("unused", [2])];
  g.output("loss", g.sum(g.multiply(used, used), 0));
  g.output("other", unused);
  g.output("none", g.constant(1));
  const graph = g.build();
  expect([...grad(graph, "loss").outputs.keys()]).toEqual(["loss", "other", "none", "gradient.used"]);
  expect(() => grad(graph, "none")).toThrow("depends on no parameter");
  expect(() => grad(graph, "other")).toThrow("other is not a number");
  expect(() => grad(graph, "lost")).toThrow("lost is not a number");
});
