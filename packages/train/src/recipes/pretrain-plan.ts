/**
 * A pre-training before it is begun: sizes, memory, speed, time, by a trial of a step or two. Nothing is written.
 */
import { CAUSAL_BIAS } from "@cloze/core";
import type { Feeds, FloatTensor, IntegerTensor } from "@cloze/core";
import { causalBias } from "../corpus/batches.ts";
import { nodeRuntime } from "../node.ts";
import { adamW } from "../optimizer.ts";
import { createTrainStep } from "../ort/step.ts";
import { buildTrainingGraph, parametersOf } from "../training-graph.ts";
import { labelsName, weightsName } from "../losses.ts";
import { measurePeak, timeStep, trainingFlops, trainingMemory } from "./estimate.ts";
import { headsOf, readBeginning } from "./pretrain-model.ts";
import { masksShare, resolveSettings } from "./pretrain-options.ts";
import type { PretrainOptions, Settings } from "./pretrain-options.ts";

/** What a pre-training would take. */
export interface PretrainPlan {
  readonly parameters: number;
  /** Bytes of weights, gradients and what the optimizer remembers. */
  readonly stateBytes: number;
  /** The most that the whole program took while it tried, in bytes. */
  readonly trialBytes: number;
  /** The machine's peak, in floating-point operations a second, and the share of it that the trial reached. */
  readonly peak: number;
  readonly share: number;
  /** Of all steps, at full length. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
  readonly secondsPerStep: number;
  readonly seconds: number;
}

/**
 * Estimates a pre-training on this machine.
 *
 * @throws ClozeError as `pretrain` for what is asked for. The corpus is not read.
 * @example
 * const plan = await planPretraining({ corpus: [], vocab: "vocab.txt", preset: "tiny", steps: 10_000, out: "" });
 * plan.seconds / 3600; // hours
 */
export async function planPretraining(options: PretrainOptions): Promise<PretrainPlan> {
  const { config, tied } = await readBeginning(options);
  const settings = resolveSettings(options, config);
  const { objective, batch, length, longLength, longSteps, steps, device, microTokens, seed, clip } =
    settings;
  const runtime = nodeRuntime(options);
  const peak = await measurePeak(runtime);
  const graph = buildTrainingGraph({ config, heads: headsOf(objective, tied), causal: objective === "ltr" });
  // Numbers of the usual size, whatever they are: drawing them well would take longer than the trial.
  const weights = new Map(
    [...parametersOf(graph)].map(([name, dims]) => [
      name,
      new Float32Array(dims.reduce((a, b) => a * b, 1)).map((_, i) => 0.01 * ((i % 13) - 6)),
    ]),
  );
  const parameters = [...weights.values()].reduce((sum, one) => sum + one.length, 0);
  const optimizer = adamW();
  await using step = await createTrainStep({ runtime, graph, weights, optimizer, clip, seed });
  const rowsOf = (tokens: number): number =>
    device === "cpu" ? Math.min(batch, Math.max(1, Math.floor(microTokens / tokens))) : batch;
  const time = (tokens: number): Promise<number> =>
    timeStep(step, trialFeeds(settings, tokens, rowsOf(tokens)), Math.ceil(batch / rowsOf(tokens)));

  const short = await time(length);
  const long = longSteps === 0 ? 0 : await time(longLength);
  const seconds = (steps - longSteps) * short + longSteps * long;
  const tokens = batch * ((steps - longSteps) * length + longSteps * longLength);
  const flops = trainingFlops(config, length, masksShare(settings));
  return {
    parameters,
    stateBytes: trainingMemory(parameters, optimizer.slots.length, Math.ceil(batch / rowsOf(length))),
    trialBytes: 1024 * process.resourceUsage().maxRSS,
    peak,
    share: (batch * length * flops) / short / peak,
    tokens,
    tokensPerSecond: tokens / seconds,
    secondsPerStep: seconds / steps,
    seconds,
  };
}

/** Rows of any tokens with the usual count of masks. */
function trialFeeds({ objective }: Settings, length: number, rows: number): Feeds {
  const masks = objective === "ltr" ? length - 1 : Math.ceil(0.15 * length);
  return {
    ...(objective === "ltr" && { [CAUSAL_BIAS]: causalBias(length) }),
    input_ids: integers([rows, length], (i) => i % 5),
    token_type_ids: integers([rows, length], () => 0),
    attention_mask: floats([rows, length], 1),
    masked_positions: integers([rows, masks], (i) => (i % masks) + 1),
    [labelsName("masked-lm")]: integers([rows, masks], () => 0),
    [weightsName("masked-lm")]: floats([rows, masks], 1 / (rows * masks)),
    ...(objective === "mlm+nsp" && {
      [labelsName("next-sentence")]: integers([rows], () => 0),
      [weightsName("next-sentence")]: floats([rows], 1 / rows),
    }),
  };
}

function integers(dims: readonly number[], value: (i: number) => number): IntegerTensor {
  const size = dims.reduce((a, b) => a * b);
  return { type: "int32", dims, data: Int32Array.from({ length: size }, (_, i) => value(i)) };
}

function floats(dims: readonly number[], value: number): FloatTensor {
  return { type: "float32", dims, data: new Float32Array(dims.reduce((a, b) => a * b)).fill(value) };
}
