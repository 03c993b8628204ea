/**
 * A training for other runtimes: losses and gradients as one ONNX graph, the weights, and `step.json`, which says all that
 * a loop around them needs. Cloze trains on one machine; with these three files anything that has ONNX Runtime trains on
 * many (`deploy/train/ddp.py`).
 */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { ClozeError, DROPOUT_SEED } from "@cloze/core";
import type { Graph, Plugin } from "@cloze/core";
import { toTrainingOnnx } from "@cloze/runtime/onnx";
import type { ModelFolder } from "@cloze/runtime/node";
import { gradientName } from "../grad.ts";
import { decays } from "../optimizer.ts";
import { unwritable, writeThrough, writeWhole } from "../run/whole-file.ts";
import { buildTrainingGraph, LOSS, lossNames, parametersOf, trainedOf } from "../training-graph.ts";
import { withDropout } from "./dropout.ts";
import { weightsContent } from "./model-folder.ts";
import { startingWeights } from "./weights.ts";

/** What is trained, and with what constants. */
export interface TrainingExportOptions {
  /** The head whose loss is trained: by default the model's own, or its own two where it was pre-trained. */
  readonly plugin?: string | undefined;
  /** The rate of dropout, in place of those in the model's `config.json`. */
  readonly dropout?: number | undefined;
  readonly optimizer?: "adamW" | "bertAdam" | undefined;
  /** How many choices a question has (multiple choice): 2 by default. */
  readonly choices?: number | undefined;
  /** The weights of a head that the model lacks are drawn with it: 1 by default. */
  readonly seed?: number | undefined;
}

/** What `step.json` says. */
export interface StepDescription {
  readonly format: "cloze-training-step";
  readonly version: 1;
  readonly graph: string;
  readonly weights: string;
  /** All feeds by name, and all outputs, in the graph's order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What a batch feeds; sizes that vary have names. Each loss's weights sum to 1 over a batch. */
  readonly batch: readonly StepInput[];
  /** Feeds of one number that drive dropout: any, all the same, another in each step; empty without dropout. */
  readonly seeds: readonly string[];
  /** The parameters: they are fed at each step, and the runner updates them. */
  readonly parameters: readonly StepParameter[];
  readonly loss: string;
  /** Of each head; their sum is `loss`. */
  readonly losses: readonly string[];
  readonly optimizer: {
    readonly name: "adamW" | "bertAdam";
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
    /** Whether means are divided by 1 - beta^step. */
    readonly biasCorrection: boolean;
  };
  /** The most that the norm of all gradients together may be. */
  readonly clip: number;
  /** The rate rises in a line from 0 over so many steps, then falls to 0 over the rest: change it as you like. */
  readonly schedule: { readonly rate: number; readonly warmup: number; readonly steps: number };
  readonly seed: number;
}

/** A feed of the graph. */
export interface StepInput {
  readonly name: string;
  readonly type: "int32" | "float32";
  readonly shape: readonly (number | string)[];
}

/** A parameter, a feed as well, and the output that is its gradient. */
export interface StepParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly gradient: string;
  /** Whether its weights decay. */
  readonly decay: boolean;
}

const GRAPH = "training.onnx";
const WEIGHTS = "model.safetensors";
const STEP = "step.json";

const optimizers = {
  adamW: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, biasCorrection: true },
  bertAdam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0.01, biasCorrection: false },
} as const;

/**
 * Writes `training.onnx`, `step.json` and `model.safetensors` into a folder.
 *
 * @throws ClozeError `not-found` for a head that there is not; `invalid-option` for a folder that cannot be written.
 * @example
 * const { parameters } = await exportTraining(await openFolder("models/my-bert"), "models/my-step");
 * parameters[0].name; // "bert.embeddings.word_embeddings.weight"
 */
export async function exportTraining(
  folder: ModelFolder,
  out: string,
  options: TrainingExportOptions = {},
): Promise<StepDescription> {
  const { dropout, choices = 2, seed = 1 } = options;
  if (dropout !== undefined && !(dropout >= 0 && dropout < 1))
    throw new ClozeError("invalid-option", `dropout should be from 0 to below 1, not ${dropout}.`, {
      field: "dropout",
    });
  const config = withDropout(folder.config, dropout);
  const graph = buildTrainingGraph({ config, heads: headsOf(folder, options.plugin), choices });
  const step = describe(graph, options.optimizer ?? "adamW", seed);
  const { weights } = await startingWeights(folder, graph, seed);
  const kept = new Map(step.parameters.map(({ name, shape }) => [name, shape]));
  try {
    await mkdir(out, { recursive: true });
    await writeThrough(path.join(out, WEIGHTS), weightsContent(weights, kept));
    await writeThrough(path.join(out, GRAPH), [toTrainingOnnx(graph)]);
  } catch (cause) {
    throw unwritable(out, cause);
  }
  await writeWhole(path.join(out, STEP), `${JSON.stringify(step, null, 2)}\n`);
  return step;
}

function headsOf({ plugins, name: model }: ModelFolder, name: string | undefined): readonly Plugin[] {
  const own = plugins.filter(({ scope }) => !scope.startsWith("plugins."));
  const found = name === undefined ? own : plugins.filter((plugin) => plugin.name === name);
  if (found.length > 0) return found;
  const there = plugins.map((plugin) => plugin.name).join(", ") || "none";
  throw new ClozeError(
    "not-found",
    name === undefined
      ? `${model} has no head of its own to be trained: name a plugin of it, of which there are: ${there}.`
      : `There is no head named ${name}; there are: ${there}.`,
    { field: "plugin" },
  );
}

function isSeed(name: string): boolean {
  return name.startsWith(DROPOUT_SEED);
}

function describe(graph: Graph, optimizer: "adamW" | "bertAdam", seed: number): StepDescription {
  const inputs = graph.inputs.map(({ source, shape, type }) => ({
    name: "name" in source ? source.name : "",
    type,
    shape,
  }));
  const shapes = parametersOf(graph);
  // One that no loss reads is not trained, such as a pooler under a head on tokens.
  const parameters = trainedOf(graph).map((name) => ({
    name,
    shape: shapes.get(name)!,
    gradient: gradientName(name),
    decay: decays(name),
  }));
  return {
    format: "cloze-training-step",
    version: 1,
    graph: GRAPH,
    weights: WEIGHTS,
    inputs: [...inputs.map(({ name }) => name), ...parameters.map(({ name }) => name)],
    outputs: [...graph.outputs.keys()],
    batch: inputs.filter(({ name }) => !isSeed(name)),
    seeds: inputs.map(({ name }) => name).filter(isSeed),
    parameters,
    loss: LOSS,
    losses: lossNames(graph).filter((name) => name !== LOSS),
    optimizer: { name: optimizer, ...optimizers[optimizer] },
    clip: 1,
    schedule: { rate: 5e-5, warmup: 100, steps: 1000 },
    seed,
  };
}
