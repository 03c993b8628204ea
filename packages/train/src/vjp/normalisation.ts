/** Gradients of what brings the last axis to a common measure. */
import type { GraphBuilder, Value } from "@cloze/core";
import { lastMean, widthOf } from "./rule.ts";
import type { Rules } from "./rule.ts";

export const normalisation: Rules<
  "layerNorm" | "standardize" | "inverseDeviation" | "softmax" | "logSumExp"
> = {
  layerNorm(g, { inputs: [x, scale], attributes: { epsilon } }, d) {
    const standard = g.standardize(x, epsilon);
    return [
      throughStandardize(g, x, standard, epsilon, g.multiply(d, scale)),
      g.sumRows(g.multiply(d, standard)),
      g.sumRows(d),
    ];
  },

  standardize: (g, { inputs: [x], output, attributes: { epsilon } }, d) => [
    throughStandardize(g, x, output, epsilon, d),
  ],

  // Of (σ² + ε)^-½: -½·(σ² + ε)^-3/2 · 2(x - mean)/n, and (x - mean)/√(σ² + ε) is x standardised.
  inverseDeviation(g, { inputs: [x], output, attributes: { epsilon } }, d) {
    const scaled = g.multiply(g.multiply(d, output), g.multiply(output, g.constant(-1 / widthOf(x))));
    return [g.multiply(scaled, g.standardize(x, epsilon))];
  },

  softmax: (g, { output }, d) => [throughSoftmax(g, output, d)],

  logSumExp(g, { inputs: [x] }, d) {
    return [g.multiply(g.softmax(x), g.expand(d, d.shape.length))];
  },
};

function throughStandardize(g: GraphBuilder, x: Value, standard: Value, epsilon: number, d: Value): Value {
  const centred = g.subtract(d, lastMean(g, d));
  const along = g.multiply(standard, lastMean(g, g.multiply(d, standard)));
  return g.multiply(g.subtract(centred, along), g.inverseDeviation(x, epsilon));
}

function throughSoftmax(g: GraphBuilder, shares: Value, d: Value): Value {
  const last = d.shape.length - 1;
  const weighted = g.expand(g.sum(g.multiply(d, shares), last), last);
  return g.multiply(shares, g.subtract(d, weighted));
}
