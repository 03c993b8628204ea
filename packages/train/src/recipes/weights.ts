/**
 * The weights that training goes on with: those of a checkpoint, and new ones for a new head.
 */
import { ClozeError } from "@cloze/core";
import type { Graph } from "@cloze/core";
import { readTensor } from "@cloze/runtime/node";
import type { ModelFolder } from "@cloze/runtime/node";
import { drawWeights } from "../initial-weights.ts";
import { parametersOf } from "../training-graph.ts";

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
      weights.set(name, drawWeights(name, dims, seed, nth));
      drawn.push(name);
    }
  }
  return { weights, drawn };
}
