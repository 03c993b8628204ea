/**
 * A training step with ONNX Runtime: what steps on the host and on a device have in common, and the choice of one.
 */
import { ClozeError, DROPOUT_SEED, needed } from "@cloze/core";
import type { Feeds, Graph } from "@cloze/core";
import type { Optimizer } from "../optimizer.ts";
import { purposes, Random } from "../random.ts";
import type { Numbers, TrainStep } from "../train-step.ts";
import { parametersOf } from "../training-graph.ts";
import { BACKWARD_SEED } from "../vjp/elementwise.ts";
import { DeviceStep } from "./device-step.ts";
import { HostStep } from "./host-step.ts";
import type { TrainRuntime } from "./runtime.ts";

/** What is trained, how and where. */
export interface StepOptions {
  readonly runtime: TrainRuntime;
  /** What `buildTrainingGraph` built. */
  readonly graph: Graph;
  /** The weights to begin with, by name. A step on the host takes them over and updates them in place. */
  readonly weights: Numbers;
  readonly optimizer: Optimizer;
  /** The most that the norm of all gradients together may be; larger ones are scaled down to it. */
  readonly clip: number;
  /** Of dropout. */
  readonly seed: number;
  /** By what the learning rate of a parameter is multiplied. */
  readonly factorOf?: ((parameter: string) => number) | undefined;
}

/**
 * Makes the step of a training graph.
 *
 * @throws ClozeError `invalid-option` where a parameter that the graph reads is not among the weights.
 * @example
 * const [runtime, weights] = [nodeRuntime(), initialWeights(trainingGraph, 1)];
 * const options = { runtime, graph: trainingGraph, weights, optimizer: adamW(), clip: 1, seed: 1 };
 * await using step = await createTrainStep(options);
 * const { loss } = await step.run(batch, 5e-5);
 */
export async function createTrainStep(options: StepOptions): Promise<TrainStep> {
  const { graph, weights } = options;
  const read = new Set(needed(graph, [...graph.outputs.values()]).flatMap(({ inputs }) => inputs));
  for (const [name, dims] of parametersOf({ parameters: graph.parameters.filter((one) => read.has(one)) }))
    if (weights.get(name)?.length !== dims.reduce((a, b) => a * b, 1))
      throw new ClozeError(
        "invalid-option",
        `The weights lack ${name} of [${dims.join()}], which the graph reads: give all of initialWeights or of a checkpoint.`,
        { field: "weights" },
      );
  return options.runtime.weights === "host" ? HostStep.create(options) : DeviceStep.create(options);
}

/**
 * What drives dropout in one micro-batch of one step. A `TrainStep` feeds it itself.
 *
 * @example
 * const feeds = { ...batch.feeds[0], ...dropoutSeeds(1, 0, 0) }; // all that a training graph reads but its parameters
 */
export function dropoutSeeds(seed: number, step: number, micro: number): Feeds {
  const data = Int32Array.of(new Random(seed, purposes.dropout, step, micro).next());
  const tensor = { type: "int32", dims: [1], data } as const;
  return { [DROPOUT_SEED]: tensor, [BACKWARD_SEED]: tensor };
}
