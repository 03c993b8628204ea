/** Gradients of matrix products. */
import { composeAttention } from "@cloze/core";
import type { GraphBuilder, Value } from "@cloze/core";
import { pullBack } from "../grad.ts";
import type { Rules } from "./rule.ts";

export const products: Rules<"linear" | "matMul" | "contractRows" | "sumRows" | "attention"> = {
  linear: (g, { inputs: [x, weight, bias] }, d) => [
    g.matMul(d, weight), // [..., out] × [out, in]
    g.contractRows(d, x), // [out, in]
    bias && g.sumRows(d), // [out]
  ],

  matMul: (g, { inputs: [a, b] }, d) =>
    b.shape.length === 2
      ? [g.linear(d, b), g.contractRows(a, d)]
      : [g.matMul(d, turned(g, b)), g.matMul(turned(g, a), d)],

  contractRows: (g, { inputs: [a, b] }, d) => [g.linear(b, d), g.matMul(a, d)], // d [m, n]
  sumRows: (g, { inputs: [x] }, d) => [g.broadcast(d, x)],

  attention(g, { inputs, attributes }, d) {
    const from = g.nodes.length;
    const output = composeAttention(g, inputs, attributes.heads, 0);
    const found = pullBack(g, g.nodes.slice(from), new Map([[output, d]]));
    // What is query and key at once has been given the sum of both already.
    return inputs.map((input, nth) => (inputs.indexOf(input) === nth ? found.get(input) : undefined));
  },
};

/** The last two axes exchanged. */
function turned(g: GraphBuilder, x: Value): Value {
  const last = x.shape.length - 1;
  return g.transpose(x, [...x.shape.keys()].with(last, last - 1).with(last - 1, last));
}
