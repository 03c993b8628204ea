/**
 * Fine-tuning of a head alone, on features of a frozen encoder that are computed once (Devlin et al., 2018, 5.3): a
 * plugin in seconds, for any model that has the same encoder. How heads are fitted stands in `plugin/`.
 */
import path from "node:path";
import { AttachedSession, Predictor } from "@cloze/core";
import type { Plugin, Session } from "@cloze/core";
import { loadFolder } from "@cloze/runtime/node";
import { bootstrapInterval, meanAndSpread } from "../metrics/spread.ts";
import { outputsOf } from "../plugin/features.ts";
import type { FeatureTable } from "../plugin/features.ts";
import type { FittedEpoch } from "../plugin/fit.ts";
import { fitPlugin, scaleExamples } from "../plugin/fit-plugin.ts";
import type { FittedPlugin, ScaledExamples } from "../plugin/fit-plugin.ts";
import { purposes, Random } from "../random.ts";
import { openRun } from "../run/run-folder.ts";
import type { RunFolder } from "../run/run-folder.ts";
import type { Json } from "../train-step.ts";
import type { Evaluation } from "./evaluation/evaluation.ts";
import { CachedSession, FeatureCache } from "./feature-cache.ts";
import type { FinetuneResult, SeedResult } from "./finetune-options.ts";
import { featuresOfRows } from "./frozen-features.ts";
import { writeFrozenReport, writePlugin } from "./frozen-folder.ts";
import { filesOf, nameOf, setUpFrozen } from "./frozen-setup.ts";
import type { FrozenOptions, FrozenSetup } from "./frozen-setup.ts";
import type { PreparedTask } from "./tasks/task.ts";

export type { FrozenOptions } from "./frozen-setup.ts";

/** What a run came to with one seed. */
interface Fitted {
  readonly result: SeedResult;
  readonly fitted: FittedPlugin;
  readonly evaluation: Evaluation;
  /** When each epoch ended, in milliseconds. */
  readonly ends: ReadonlyMap<FittedEpoch, number>;
}

/**
 * Trains a plugin: `plugin.json`, `head.safetensors`, a card, a manifest, a log and a report in `out`. Of several seeds the
 * best is kept.
 *
 * @throws ClozeError as `finetune`; `invalid-option` for what concerns the encoder, which is not trained.
 *
 * @example
 * await writeFile("moods.csv", "text,label\na warm film,glad\na dull film,sad\n");
 * const data = { task: "classify", train: "moods.csv", dev: "moods.csv" } as const;
 * const { best } = await finetuneFrozen({ model: "models/my-bert", ...data, out: "plugins/mine", cacheDir: false });
 * best.metrics.accuracy; // 1
 */
export async function finetuneFrozen(options: FrozenOptions): Promise<FinetuneResult> {
  const begun = performance.now();
  const name = nameOf(options);
  const setup = await setUpFrozen(options);
  const { folder, task, metric } = setup;
  await using run = await openFrozenRun(setup);
  await using bert = await loadFolder(folder, { threads: options.threads });
  const read = await readAll(setup, bert);
  const all: Fitted[] = [];
  for (const seed of seedsOf(options)) all.push(await fitSeed(setup, bert, read, seed));

  const best = all.reduce((a, b) => (b.result.metrics[metric] > a.result.metrics[metric] ? b : a));
  logEpochs(run, setup, best);
  const result: FinetuneResult = {
    out: options.out,
    metric,
    best: best.result,
    seeds: all.map((one) => one.result),
    spread: meanAndSpread(all.map((one) => one.result.metrics[metric])),
    rows: task.rows,
    leftOut: task.leftOut,
    seconds: (performance.now() - begun) / 1000,
    tokensPerSecond: read.tokensPerSecond,
  };
  const { sha256 } = read;
  const plugin: Plugin = {
    ...setup.head,
    name,
    title: options.title ?? name,
    scope: `plugins.${name}`,
    metrics: Object.fromEntries(task.metrics.map((one) => [one, rounded(best.result.metrics[one])])),
    ...(sha256 !== undefined && { encoder: { name: folder.name, sha256 } }),
    ...(options.maxLength !== undefined && { maxLength: options.maxLength }),
    ...(options.licence !== undefined && { licence: options.licence }),
  };
  await writeFrozenReport(options, result, best.evaluation.mistakes);
  await writePlugin(options.out, { plugin, weights: best.fitted.weights }, options, result);
  return result;
}

function seedsOf({ seed = 1, seeds = 1 }: FrozenOptions): number[] {
  return Array.from({ length: seeds }, (_, i) => seed + i);
}

async function openFrozenRun({
  options,
  folder,
  task,
  head,
  settings,
  metric,
}: FrozenSetup): Promise<RunFolder> {
  const { columns, multiLabel, scheme, limit, maxLength, overlap, classWeights, labelSmoothing } = options;
  const asked = { columns, multiLabel, scheme, limit, maxLength, overlap, classWeights, labelSmoothing };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined) as [string, Json][];
  const { features, labels } = head;
  const run = await openRun(options.out, {
    command: options.command ?? "",
    options: {
      task: options.task,
      frozen: true,
      features,
      labels,
      metric,
      ...settings,
      ...Object.fromEntries(given),
    },
    seeds: seedsOf(options),
    data: [
      { file: options.train, rows: task.rows.train },
      { file: options.dev, rows: task.rows.dev },
      ...[...filesOf(folder)].map((file) => ({ file: path.join(folder.files.location, file) })),
    ],
    resume: options.resume,
    onWarning: options.onWarning,
    signal: options.signal,
  });
  await run.load(); // a run takes seconds: one that was cut off begins anew, its log emptied
  return run;
}

async function fitSeed(
  { options, task, head, settings, metric }: FrozenSetup,
  { tokenizer, config }: Predictor,
  { data, session }: Read,
  seed: number,
): Promise<Fitted> {
  const ends = new Map<FittedEpoch, number>();
  const fitted = await fitPlugin(config, head, data, {
    ...settings,
    labelSmoothing: options.labelSmoothing,
    signal: options.signal,
    seed,
    onEpoch: (epoch) => ends.set(epoch, performance.now()),
  });
  const attached = new AttachedSession(session, config, { plugin: head, weights: fitted.weights });
  const evaluation = await task.evaluate(
    new Predictor({ tokenizer, config, plugins: [head], session: attached }),
  );
  const { epoch, epochs } = fitted;
  const result: SeedResult = {
    seed,
    metrics: evaluation.metrics,
    interval: intervalOf(evaluation, metric, seed, task.rows.dev),
    bestAt: epoch,
    steps: epochs.length,
    stoppedEarly: epochs.length < settings.epochs,
  };
  return { result, fitted, evaluation, ends };
}

/** A line an epoch, of the weight decay that was kept. */
function logEpochs(
  run: RunFolder,
  { task: { examples }, settings: { rate } }: FrozenSetup,
  { fitted, evaluation, ends }: Fitted,
): void {
  let before: number | undefined;
  for (const told of fitted.epochs) {
    const { epoch, loss, devLoss, norm } = told;
    const end = ends.get(told)!;
    const seconds = (end - (before ?? end)) / 1000; // when the first began is not known
    before = end;
    const tokens = epoch * examples.rows.ids.length;
    const tokensPerSecond = seconds > 0 ? examples.rows.ids.length / seconds : 0;
    run.log({ step: epoch, epoch, loss, losses: {}, rate, norm, tokens, seconds, tokensPerSecond });
    run.log({ step: epoch, evaluation: { devLoss } });
  }
  run.log({ step: fitted.epoch, evaluation: evaluation.metrics });
}

const SINGLE = "model.safetensors";

/** What the encoder said of all examples. */
interface Read {
  /** The features of both files on one scale. */
  readonly data: ScaledExamples;
  /** Gives what the head reads. */
  readonly session: Session;
  readonly tokensPerSecond: number;
  /** Of the encoder's weights, where they are one file. */
  readonly sha256: string | undefined;
}

async function readAll({ options, folder, task, held, head }: FrozenSetup, bert: Predictor): Promise<Read> {
  const { config, tokenizer } = bert;
  const [file, ...others] = filesOf(folder);
  const sha256 = file === SINGLE && others.length === 0 ? await folder.files.hash(SINGLE) : undefined;
  const outputs = outputsOf(config, head);
  // Every token's vectors are too many to be kept; and without a hash it is not known whose they are.
  const cached = head.features !== "hidden" && sha256 !== undefined;
  const place = cached ? options.cacheDir : false;
  const cache = await FeatureCache.open(
    `${sha256}-${head.features}`,
    place,
    outputs.length * config.hiddenSize,
  );
  const session = cached ? new CachedSession(bert.session, cache, outputs) : bert.session;
  const begun = performance.now();
  const total = task.examples.rows.count + held.examples.rows.count;
  const read = ({ examples: { rows } }: PreparedTask, before: number): Promise<FeatureTable> =>
    featuresOfRows(
      session,
      rows,
      outputs,
      tokenizer.specials.pad,
      {
        signal: options.signal,
        onProgress: ({ done }) => options.onFeatures?.({ done: before + done, total }),
      },
      config.hiddenSize,
    );
  const features = await read(task, 0);
  const heldFeatures = await read(held, task.examples.rows.count);
  const seconds = (performance.now() - begun) / 1000;
  await cache.save();
  const data = scaleExamples(
    head,
    { ...task.examples, features },
    { ...held.examples, features: heldFeatures },
  );
  const tokens = task.examples.rows.ids.length + held.examples.rows.ids.length;
  return { data, session, tokensPerSecond: tokens / seconds, sha256 };
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

function intervalOf({ measure }: Evaluation, metric: string, seed: number, examples: number) {
  const random = new Random(seed, purposes.bootstrap);
  return bootstrapInterval(
    Float64Array.from({ length: examples }, (_, i) => i),
    { random: () => random.uniform(), statistic: (places) => measure(places)[metric], resamples: 200 },
  );
}
