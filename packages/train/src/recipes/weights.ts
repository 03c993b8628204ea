/**
 * The weights that training begins with: of a checkpoint, or drawn.
 */
import { ClozeError } from "@cloze/core";
import type { Graph } from "@cloze/core";
import { readTensor } from "@cloze/runtime/node";
import type { ModelFolder } from "@cloze/runtime/node";
import { parametersOf } from "../ort/step.ts";
import { purposes, Random } from "../random.ts";

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
  return new Map([...parametersOf(graph)].map(([name, dims], nth) => [name, draw(name, dims, seed, nth)]));
}

function draw(name: string, dims: readonly number[], seed: number, nth: number): Float32Array {
  const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
  if (name.endsWith("LayerNorm.weight")) return data.fill(1);
  if (name.endsWith("bias")) return data;
  const random = new Random(seed, purposes.weights, nth);
  for (let i = 0; i < data.length; i++) data[i] = DEVIATION * random.truncatedNormal();
  return data;
}

/** Weights, and which of them are new. */
export interface StartingWeights {
  readonly weights: Map<string, Float32Array>;
  /** The parameters that the checkpoint lacks, by name: they are drawn. */
  readonly drawn: readonly string[];
}

/**
 * The weights of a checkpoint for a graph, as float32; those of a head that it does not have are drawn.
 *
 * @throws ClozeError `invalid-model` where the encoder lacks a parameter, or has it in another shape.
 */
export async function startingWeights(
  folder: ModelFolder,
  graph: Graph,
  seed: number,
): Promise<StartingWeights> {
  const weights = new Map<string, Float32Array>();
  const drawn: string[] = [];
  for (const [nth, [name, dims]] of [...parametersOf(graph)].entries()) {
    const stored = folder.tensors.get(name);
    const pooler = name.startsWith("bert.pooler.");
    if (stored?.shape.join() === dims.join())
      weights.set(name, (await readTensor(folder.files, stored)).slice());
    else if (name.startsWith("bert.") && !(pooler && stored === undefined))
      throw new ClozeError(
        "invalid-model",
        `${name} should be [${dims.join()}], but ${folder.name} has ${stored ? `[${stored.shape.join()}]` : "none"}.`,
      );
    else {
      weights.set(name, draw(name, dims, seed, nth));
      drawn.push(name);
    }
  }
  return { weights, drawn };
}
