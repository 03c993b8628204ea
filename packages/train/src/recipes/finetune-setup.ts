/**
 * What a fine-tuning is made of, read and checked before anything is trained: options with their defaults, the model, the
 * task with its examples, the graph.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { ClozeError, findHead } from "@cloze/core";
import type { BertConfig, Graph } from "@cloze/core";
import { openFolder } from "@cloze/runtime/node";
import type { ModelFolder } from "@cloze/runtime/node";
import { nodeRuntime } from "../node.ts";
import { adamW, bertAdam } from "../optimizer.ts";
import type { Optimizer } from "../optimizer.ts";
import type { TrainRuntime } from "../ort/runtime.ts";
import { layerwiseRates, linearSchedule } from "../schedule.ts";
import type { RateFactor, Schedule } from "../schedule.ts";
import type { Json } from "../train-step.ts";
import { buildTrainingGraph } from "../training-graph.ts";
import { withDropout } from "./dropout.ts";
import { ExampleSource } from "./examples.ts";
import { expectNumber } from "./finetune-options.ts";
import type { FinetuneOptions } from "./finetune-options.ts";
import { tasks } from "./tasks/index.ts";
import type { PreparedTask } from "./tasks/task.ts";

/** All that a run needs but its seed. */
export interface FinetuneSetup {
  readonly options: FinetuneOptions;
  readonly settings: Settings;
  readonly folder: ModelFolder;
  /** The model's sizes, and the dropout that it is trained with. */
  readonly config: BertConfig;
  readonly task: PreparedTask;
  /** The metric that says which state is the best. */
  readonly metric: string;
  readonly runtime: TrainRuntime;
  readonly graph: Graph;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly factorOf: RateFactor | undefined;
  readonly steps: number;
}

/** What changes the result, defaults filled in. */
interface Settings {
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly optimizer: Optimizer["name"];
  readonly warmup: number;
  readonly weightDecay: number;
  readonly clip: number;
  readonly labelSmoothing: number;
  readonly microTokens: number;
  readonly device: "cpu" | "webgpu";
}

/**
 * Reads and checks all that a fine-tuning needs.
 *
 * @throws ClozeError `invalid-option`, `invalid-input`, `not-found`, `invalid-model`; `unsupported` for a model that
 *   cannot be trained.
 */
export async function setUp(options: FinetuneOptions): Promise<FinetuneSetup> {
  const settings = settingsOf(options);
  const folder = await openModel(options.model);
  const config = withDropout(folder.config, options.dropout);
  const task = await tasks[options.task]({ options, folder });
  const metric = options.metric ?? task.metrics[0];
  if (!task.metrics.includes(metric))
    throw new ClozeError(
      "invalid-option",
      `${metric} is no metric that ${options.task} is judged by, which are ${task.metrics.join(", ")}.`,
      { field: "metric" },
    );
  const source = sourceOf({ task, settings, folder }, 0);
  const steps = Math.ceil(settings.epochs * source.batches);
  const schedule = linearSchedule({
    ...settings,
    steps,
    fallFrom: settings.optimizer === "bertAdam" ? "start" : "top",
  });
  const graph = buildTrainingGraph({
    config,
    heads: [task.plugin],
    smoothing: settings.labelSmoothing,
    choices: task.choices,
  });
  const { layerDecay } = options;
  return {
    options,
    settings,
    folder,
    config,
    task,
    metric,
    runtime: nodeRuntime(options),
    graph,
    optimizer: settings.optimizer === "adamW" ? adamW(settings) : bertAdam(settings),
    schedule,
    factorOf: layerDecay === undefined ? undefined : layerwiseRates(config.layers, layerDecay),
    steps,
  };
}

const isAbove = (value: number): boolean => value > 0 && value < Infinity;
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
const isShare = (value: number): boolean => value >= 0 && value < 1;

function settingsOf(options: FinetuneOptions): Settings {
  for (const name of ["epochs", "rate", "clip"] as const)
    expectNumber(name, options[name], "a number above 0", isAbove);
  for (const name of ["batch", "microTokens", "limit", "seeds", "saveEvery", "patience"] as const)
    expectNumber(name, options[name], "a whole number from 1", isCount);
  for (const name of ["dropout", "labelSmoothing"] as const)
    expectNumber(name, options[name], "from 0 to below 1", isShare);
  const device = options.device ?? "cpu";
  return {
    epochs: options.epochs ?? 3,
    batch: options.batch ?? 32,
    rate: options.rate ?? 5e-5,
    optimizer: options.optimizer ?? "adamW",
    warmup: options.warmup ?? 0.1,
    weightDecay: options.weightDecay ?? 0.01,
    clip: options.clip ?? 1,
    labelSmoothing: options.labelSmoothing ?? 0,
    microTokens: device === "cpu" ? (options.microTokens ?? 1024) : Number.MAX_SAFE_INTEGER, // all at once
    device,
  };
}

async function openModel(model: string): Promise<ModelFolder> {
  const exported = existsSync(path.join(model, "onnx")) && !existsSync(path.join(model, "model.safetensors"));
  if (/\.onnx$/i.test(model) || exported)
    throw new ClozeError(
      "unsupported",
      `${model} is a model in ONNX's form, which cannot be trained: give a folder with model.safetensors.`,
      { field: "model" },
    );
  return openFolder(model);
}

/** Draws a task's examples. */
export function sourceOf(
  { task, settings, folder }: Pick<FinetuneSetup, "task" | "settings" | "folder">,
  seed: number,
): ExampleSource {
  const { batch, microTokens } = settings;
  const padding = folder.tokenizer.specials.pad;
  return new ExampleSource(task.examples, { batch, microTokens, padding, seed });
}

/** Names of the result's parameters: of a head on tokens, the pooler is none of them. */
export function isKept({ plugin }: PreparedTask, name: string): boolean {
  return plugin.features === "pooler" || !name.startsWith("bert.pooler.");
}

/** The model as a beginning: a head that it does not share with the task is left out, so that it is drawn. */
export function beginningOf({ folder, task }: FinetuneSetup): ModelFolder {
  if (task.known) return folder;
  const { scope } = findHead(task.plugin.kind);
  const tensors = new Map([...folder.tensors].filter(([name]) => !name.startsWith(`${scope}.`)));
  return { ...folder, tensors };
}

/** What a run is made from, as its manifest tells it. */
export function recordOf({
  options,
  settings,
  config,
  task,
  metric,
}: FinetuneSetup): Readonly<Record<string, Json>> {
  const { columns, multiLabel, scheme, limit, maxLength, overlap, layerDecay, patience, classWeights } =
    options;
  const asked = {
    columns,
    multiLabel,
    scheme,
    limit,
    maxLength,
    overlap,
    layerDecay,
    patience,
    classWeights,
  };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined) as [string, Json][];
  return {
    task: options.task,
    ...settings,
    dropout: { ...config.dropout },
    metric,
    labels: task.plugin.labels,
    ...Object.fromEntries(given),
  };
}

/** The tokens of a row, in the mean. */
export function meanLength({ task: { examples } }: FinetuneSetup): number {
  return Math.ceil(examples.rows.ids.length / examples.rows.count);
}
