/**
 * New weights, as BERT's are drawn.
 */
import type { Graph } from "@cloze/core";
import { purposes, Random } from "./random.ts";
import { parametersOf } from "./training-graph.ts";

/** The deviation of new weights (google-research/bert, `initializer_range`). */
const DEVIATION = 0.02;

/**
 * New weights for every parameter of a graph: normal and cut off at two deviations, biases 0, the scales of LayerNorms
 * 1 (google-research/bert, modeling.py).
 *
 * @example
 * initialWeights(buildModel(presets.tiny, { pooler: true, heads: [] }), 1).size; // 39
 */
export function initialWeights(graph: Graph, seed: number): Map<string, Float32Array> {
  return new Map(
    [...parametersOf(graph)].map(([name, dims], nth) => [name, drawWeights(name, dims, seed, nth)]),
  );
}

/** The weights of one parameter, the `nth` of its graph. */
export function drawWeights(name: string, dims: readonly number[], seed: number, nth: number): Float32Array {
  const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
  if (name.endsWith("LayerNorm.weight")) return data.fill(1);
  if (name.endsWith("bias")) return data;
  const random = new Random(seed, purposes.weights, nth);
  for (let i = 0; i < data.length; i++) data[i] = DEVIATION * random.truncatedNormal();
  return data;
}
