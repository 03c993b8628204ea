/**
 * Fine-tuning (Devlin et al., 2018, 3.2): a pre-trained model and labelled examples give a model that does a task. What
 * the task is stands in `tasks/`, the loop in `run/trainer.ts`; this puts them together, once a seed.
 */
import path from "node:path";
import { buildModel, Predictor } from "@cloze/core";
import { bootstrapInterval, meanAndSpread } from "../metrics/spread.ts";
import { LiveSession } from "../ort/live-session.ts";
import { createTrainStep } from "../ort/step.ts";
import { purposes, Random } from "../random.ts";
import type { RunDescription } from "../run/manifest.ts";
import { openRun } from "../run/run-folder.ts";
import { train } from "../run/trainer.ts";
import type { ProgressReport } from "../run/trainer.ts";
import type { Numbers, TrainStep } from "../train-step.ts";
import { measurePeak, trainingFlops } from "./estimate.ts";
import type { Evaluation } from "./evaluation/evaluation.ts";
import { copyModel, writeCard, writeFinetuneReport, writeModel } from "./finetune-folder.ts";
import type { FinetuneResult, SeedResult } from "./finetune-options.ts";
import { beginningOf, meanLength, recordOf, setUp, sourceOf } from "./finetune-setup.ts";
import type { FinetuneSetup } from "./finetune-setup.ts";
import { finetuneFrozen } from "./frozen.ts";
import type { FrozenOptions } from "./frozen.ts";
import { tokenizerNames } from "./model-folder.ts";
import { startingWeights } from "./weights.ts";

/**
 * Fine-tunes a model: with one seed into `out`, with several each into a folder of its own there, the best copied to
 * `out`. What results is a model folder in Hugging Face's layout with a report. A run that was cut off goes on with
 * `resume`, and ends with the bytes of one that never was. With `frozen` what results is a plugin.
 *
 * @throws ClozeError `invalid-input` for a bad row, naming the file and the line; `invalid-option`; `not-found`;
 *   `invalid-model`; `unsupported` for a model that cannot be trained; `aborted`.
 *
 * @example
 * const files = { train: "train.tsv", dev: "dev.tsv" };
 * const { best } = await finetune({ model: "models/my-bert", task: "classify", ...files, out: "models/reviews" });
 * best.metrics.accuracy;
 */
export async function finetune(options: FrozenOptions): Promise<FinetuneResult> {
  if (options.frozen === true) return finetuneFrozen(options);
  const begun = performance.now();
  const setup = await setUp(options);
  const { seed: first = 1, seeds: count } = options;
  const several = count !== undefined && count > 1;
  const clock = new Clock();
  const { out } = options;
  const seeds = Array.from({ length: count ?? 1 }, (_, i) => first + i);
  const results: SeedResult[] = [];
  const folderOf = (seed: number): string => (several ? path.join(out, `seed-${seed}`) : out);
  await using _ = several ? await openRun(out, await descriptionOf(setup, seeds)) : undefined;
  for (const seed of seeds) results.push(await runSeed(setup, seed, folderOf(seed), clock));

  const { metric, task } = setup;
  const best = results.reduce((a, b) => (b.metrics[metric] > a.metrics[metric] ? b : a));
  const result: FinetuneResult = {
    out,
    metric,
    best,
    seeds: results,
    spread: meanAndSpread(results.map(({ metrics }) => metrics[metric])),
    rows: task.rows,
    leftOut: task.leftOut,
    seconds: (performance.now() - begun) / 1000,
    tokensPerSecond: clock.tokensPerSecond,
  };
  if (several) await copyModel(setup, folderOf(best.seed), result);
  return result;
}

/** Adds up what updates took. */
class Clock {
  #tokens = 0;
  #seconds = 0;

  add({ seconds, tokensPerSecond }: ProgressReport): void {
    this.#seconds += seconds;
    this.#tokens += seconds * tokensPerSecond;
  }

  get tokensPerSecond(): number {
    return this.#seconds === 0 ? 0 : this.#tokens / this.#seconds;
  }
}

async function descriptionOf(setup: FinetuneSetup, seeds: readonly number[]) {
  const { options, folder, runtime, task } = setup;
  const weights = new Set([...folder.tensors.values()].map(({ file }) => file));
  const { files } = await folder.files.list();
  const read = [...weights, "config.json", ...tokenizerNames.filter((name) => files.has(name))];
  const description: RunDescription = {
    command: options.command ?? "",
    options: recordOf(setup),
    seeds,
    versions: { runtime: runtime.name },
    data: [
      { file: options.train, rows: task.rows.train },
      { file: options.dev, rows: task.rows.dev },
      ...read.map((file) => ({ file: path.join(folder.files.location, file) })),
    ],
  };
  const { resume, onWarning, signal } = options;
  return { ...description, resume, onWarning, signal };
}

async function runSeed(setup: FinetuneSetup, seed: number, out: string, clock: Clock): Promise<SeedResult> {
  const { options, settings, runtime, graph, optimizer, schedule, factorOf, steps, metric } = setup;
  await using run = await openRun(out, await descriptionOf(setup, [seed]));
  const { weights } = await startingWeights(beginningOf(setup), graph, seed);
  const { clip } = settings;
  await using step = await createTrainStep({ runtime, graph, weights, optimizer, clip, seed, factorOf });
  await using judge = await openJudge(setup, step);
  let last: { readonly at: number; readonly evaluation: Evaluation } | undefined;
  const {
    best,
    stoppedEarly,
    steps: made,
  } = await train({
    step,
    data: sourceOf(setup, seed),
    steps,
    rate: (done) => schedule(done + 1),
    store: run,
    saveEvery: options.saveEvery,
    evaluation: {
      evaluate: async (at) => {
        last = { at, evaluation: await judge.evaluate() };
        options.onEvaluation?.(at, last.evaluation.metrics, seed);
        return last.evaluation.metrics;
      },
      best: { metric, greater: true },
      patience: options.patience,
    },
    flops: { perToken: trainingFlops(setup.config, meanLength(setup)), peak: await measurePeak(runtime) },
    onProgress: (report) => {
      clock.add(report);
      options.onProgress?.(report);
    },
    signal: options.signal,
  });
  const bestAt = best?.steps ?? made;
  const evaluation = last?.at === bestAt ? last.evaluation : await judge.evaluate();
  const result: SeedResult = {
    seed,
    metrics: evaluation.metrics,
    interval: intervalOf(evaluation, metric, seed, setup.task.rows.dev),
    bestAt,
    steps: made,
    stoppedEarly,
  };
  await writeCard(setup, out, [result]);
  await writeFinetuneReport(setup, out, [result], evaluation.mistakes);
  await writeModel(setup, out, (await step.state()).weights, step.shapes);
  return result;
}

/** The model as it is at a moment of its training, asked as it will be in use. */
async function openJudge({ task, folder, config, runtime }: FinetuneSetup, step: TrainStep) {
  const graph = buildModel(config, { pooler: task.plugin.features === "pooler", heads: [task.plugin] });
  let weights: Numbers = new Map();
  const session = await LiveSession.open(runtime, graph, [task.plugin.name], () => weights);
  const { tokenizer } = folder;
  const bert = new Predictor({ tokenizer, session, config, plugins: [task.plugin] });
  return {
    async evaluate(): Promise<Evaluation> {
      ({ weights } = await step.state());
      return task.evaluate(bert);
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** Of samples of so many examples in all: a figure of a large file is sure with few of them. */
const SAMPLED = 2_000_000;

function intervalOf({ measure }: Evaluation, metric: string, seed: number, examples: number) {
  const random = new Random(seed, purposes.bootstrap);
  return bootstrapInterval(
    Float64Array.from({ length: examples }, (_, i) => i),
    {
      random: () => random.uniform(),
      statistic: (places) => measure(places)[metric],
      resamples: Math.min(1000, Math.max(200, Math.round(SAMPLED / examples))),
    },
  );
}
