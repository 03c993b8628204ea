/** Gradients of what works number by number. */
import { DROPOUT_SEED } from "@cloze/core";
import type { GraphBuilder, Value } from "@cloze/core";
import { sumTo } from "./rule.ts";
import type { Rules } from "./rule.ts";

/**
 * The seed of dropout for the backward pass: the same number under another name, so that the runtime makes what was
 * kept anew and does not store it from the forward pass until then.
 */
export const BACKWARD_SEED = `${DROPOUT_SEED}.backward`;

export const elementwise: Rules<
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "gelu"
  | "relu"
  | "tanh"
  | "exp"
  | "erf"
  | "sqrt"
  | "isPositive"
  | "toFloat"
  | "dropout"
> = {
  add: (g, { inputs: [a, b] }, d) => [sumTo(g, d, a), sumTo(g, d, b)],
  subtract: (g, { inputs: [a, b] }, d) => [sumTo(g, d, a), sumTo(g, negative(g, d), b)],
  multiply: (g, { inputs: [a, b] }, d) => [sumTo(g, g.multiply(d, b), a), sumTo(g, g.multiply(d, a), b)],
  divide(g, { inputs: [a, b], output }, d) {
    const scaled = g.divide(d, b);
    return [sumTo(g, scaled, a), sumTo(g, negative(g, g.multiply(scaled, output)), b)];
  },

  gelu: (g, { inputs: [x], attributes }, d) => [
    g.multiply(d, attributes.approximation === "tanh" ? slopeTanh(g, x) : slope(g, x)),
  ],
  relu: (g, { inputs: [x] }, d) => [g.multiply(d, g.isPositive(x))],
  tanh: (g, { output }, d) => [g.subtract(d, g.multiply(d, square(g, output)))],
  exp: (g, { output }, d) => [g.multiply(d, output)],
  erf: (g, { inputs: [x] }, d) => [
    g.multiply(d, g.multiply(g.exp(negative(g, square(g, x))), g.constant(2 / Math.sqrt(Math.PI)))),
  ],
  sqrt: (g, { output }, d) => [g.divide(d, g.multiply(output, g.constant(2)))],
  isPositive: () => [undefined],
  toFloat: () => [undefined],

  dropout: (g, { attributes }, d) => [g.dropoutBy(d, g.input(BACKWARD_SEED, [1], "int32"), attributes)],
};

function negative(g: GraphBuilder, x: Value): Value {
  return g.multiply(x, g.constant(-1));
}

function square(g: GraphBuilder, x: Value): Value {
  return g.multiply(x, x);
}

/** Of x·Φ(x): Φ(x) + x·φ(x), with u = x/√2: ½ + ½·erf(u) + u·e^(-u²)/√π. */
function slope(g: GraphBuilder, x: Value): Value {
  const u = g.multiply(x, g.constant(Math.SQRT1_2));
  const bell = g.exp(g.multiply(g.multiply(x, g.constant(-0.5)), x)); // e^(-u²)
  const normal = g.add(g.multiply(g.erf(u), g.constant(0.5)), g.constant(0.5)); // Φ(x)
  return g.add(normal, g.multiply(g.multiply(x, g.constant(1 / Math.sqrt(2 * Math.PI))), bell));
}

/** Of ½x·(1 + tanh t), t = √(2/π)·(x + 0.044715·x³). */
function slopeTanh(g: GraphBuilder, x: Value): Value {
  const c = Math.sqrt(2 / Math.PI);
  const squared = square(g, x);
  const inner = g.add(g.multiply(squared, g.constant(c * 0.044715)), g.constant(c));
  const t = g.tanh(g.multiply(x, inner));
  const rise = g.add(g.multiply(squared, g.constant(3 * c * 0.044715)), g.constant(c)); // of t by x
  const steep = g.multiply(g.multiply(x, rise), g.subtract(g.constant(1), square(g, t)));
  return g.multiply(g.add(g.add(t, g.constant(1)), steep), g.constant(0.5));
}
