/**
 * What a training of a head on a frozen encoder is made of: options with their defaults, the model, the task with its
 * examples.
 */
import path from "node:path";
import { checkPlugin, ClozeError, parsePlugin } from "@cloze/core";
import type { FeatureKind, Plugin, Progress } from "@cloze/core";
import { openFolder } from "@cloze/runtime/node";
import type { ModelFolder } from "@cloze/runtime/node";
import { outputsOf } from "../plugin/features.ts";
import { fitSettings } from "../plugin/fit-plugin.ts";
import type { FitSettings } from "../plugin/fit-plugin.ts";
import type { FinetuneOptions } from "./finetune-options.ts";
import { expectRoom } from "./frozen-features.ts";
import { tasks } from "./tasks/index.ts";
import type { PreparedTask } from "./tasks/task.ts";

/** A fine-tuning of a head alone, as it is asked for. */
export interface FrozenOptions extends FinetuneOptions {
  /** What the head reads of the encoder: `last-four` by default; heads on tokens read `hidden`. */
  readonly features?: FeatureKind | undefined;
  /** The plugin's name: by default that of the folder. */
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly licence?: string | undefined;
  /** Where features are kept for the next run: see `FeatureCache`. */
  readonly cacheDir?: string | false | undefined;
  /** Told how many texts the encoder has read. */
  readonly onFeatures?: ((progress: Progress) => void) | undefined;
}

/** What a training of a head is made of, read and checked. */
export interface FrozenSetup {
  readonly options: FrozenOptions;
  readonly folder: ModelFolder;
  readonly task: PreparedTask;
  /** The dev file as examples of the same head: their loss says when to stop. */
  readonly held: PreparedTask;
  /** The head with the features that it reads. */
  readonly head: Plugin;
  readonly settings: FitSettings;
  /** The metric that says which seed is the best. */
  readonly metric: string;
}

/** Reads and checks all that a training of a head needs. */
export async function setUpFrozen(options: FrozenOptions): Promise<FrozenSetup> {
  const { optimizer, warmup, clip, dropout, layerDecay } = options;
  const device = options.device === "cpu" ? undefined : options.device;
  for (const [field, value] of Object.entries({ optimizer, warmup, clip, dropout, layerDecay, device }))
    if (value !== undefined)
      throw new ClozeError(
        "invalid-option",
        `${field} is for training all weights: leave it or frozen out.`,
        {
          field,
        },
      );
  const folder = await openFolder(options.model);
  const prepare = tasks[options.task];
  const task = await prepare({ options, folder: { ...folder, plugins: [] } });
  const { plugin, metrics, examples } = task;
  const usual = plugin.features === "hidden" ? "hidden" : "last-four";
  const head: Plugin = { ...plugin, features: options.features ?? usual };
  checkPlugin(head);
  const metric = options.metric ?? metrics[0];
  if (!metrics.includes(metric))
    throw new ClozeError("invalid-option", `metric should be one of ${metrics.join(", ")}, not ${metric}.`, {
      field: "metric",
    });
  const [any] = folder.tensors.values();
  const held = await prepare({
    options: { ...options, train: options.dev, onWarning: undefined, classWeights: undefined },
    folder: { ...folder, plugins: [plugin], tensors: new Map([[`${plugin.scope}.weight`, any]]) },
  });
  for (const { rows } of [examples, held.examples])
    expectRoom(rows, outputsOf(folder.config, head), folder.config.hiddenSize);
  const { weightDecay, ...fit } = options;
  const usualDecays = head.features === "hidden" ? [1] : undefined; // more would take minutes, and gain nothing
  const weightDecays = weightDecay === undefined ? usualDecays : [weightDecay];
  const settings = fitSettings(examples.counts.length, { ...fit, weightDecays });
  return { options, folder, task, held, head, settings, metric };
}

/** The files that the encoder's weights lie in. */
export function filesOf({ tensors }: ModelFolder): Set<string> {
  return new Set([...tensors].flatMap(([name, { file }]) => (name.startsWith("bert.") ? [file] : [])));
}

/** @throws ClozeError `invalid-plugin` for a name that none may have. */
export function nameOf({ name, out }: FrozenOptions): string {
  const folder = path.basename(path.resolve(out)).toLowerCase();
  const given = name ?? folder.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return parsePlugin(JSON.stringify({ name: given, kind: "span" })).name;
}
