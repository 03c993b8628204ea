/**
 * Pre-training (Devlin et al., 2018, 3.1 and A.2): from text files to a model folder, in a run that may be cut off at
 * any moment and resumed. What takes part is said elsewhere: the corpus, the model, the loop, the folder.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { buildModel, ClozeError } from "@cloze/core";
import type { AttachedHead } from "@cloze/core";
import type { PretrainingData } from "../corpus/pretraining-data.ts";
import { nodeRuntime } from "../node.ts";
import { adamW, bertAdam } from "../optimizer.ts";
import { LiveSession } from "../ort/live-session.ts";
import type { TrainRuntime } from "../ort/runtime.ts";
import { createTrainStep } from "../ort/step.ts";
import { MANIFEST, readManifest } from "../run/manifest.ts";
import type { RunDescription } from "../run/manifest.ts";
import { METRICS, openRun } from "../run/run-folder.ts";
import type { RunFolder } from "../run/run-folder.ts";
import { train } from "../run/trainer.ts";
import { linearSchedule } from "../schedule.ts";
import type { Numbers, TrainStep } from "../train-step.ts";
import { buildTrainingGraph } from "../training-graph.ts";
import { withDropout } from "./dropout.ts";
import { measurePeak, trainingFlops } from "./estimate.ts";
import { readCorpus } from "./pretrain-corpus.ts";
import { HeldOut } from "./pretrain-evaluation.ts";
import { STORE, WEIGHTS, writeFinished } from "./pretrain-folder.ts";
import { headsOf, readBeginning } from "./pretrain-model.ts";
import type { Beginning } from "./pretrain-model.ts";
import { masksShare, resolveSettings } from "./pretrain-options.ts";
import type { PretrainOptions, PretrainResult, Settings } from "./pretrain-options.ts";

/**
 * Pre-trains a BERT, or goes on with one. The folder becomes a model when all steps are made; the same options give the
 * same weights, whether the run was cut off and resumed or not. What it holds is the state that told held-out texts
 * best, which is nearly always the last.
 *
 * @throws {ClozeError} `invalid-option`, `invalid-input` and `not-found` for what is asked for; `invalid-model`,
 * `invalid-vocabulary`; `aborted` after the signal, the run being kept.
 *
 * @example
 * const corpus = ["novels.txt", "manuals.txt.gz"];
 * await pretrain({ corpus, vocab: "vocab.txt", preset: "tiny", steps: 10, out: "models/own" }); // 10,000 to learn much
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainResult> {
  const { out, signal, onWarning = () => {} } = options;
  const beginning = await readBeginning(options);
  const settings = resolveSettings(options, beginning.config);
  const schedule = linearSchedule(settings); // refuses what is no rate before any work
  const optimizer = settings.optimizer === "bertAdam" ? bertAdam(settings) : adamW(settings);
  const runtime = nodeRuntime(options);

  const fresh = !existsSync(path.join(out, MANIFEST));
  await using run = await openRun(out, {
    ...describe(options, beginning, settings, runtime),
    resume: options.resume,
    keep: options.keep,
    onWarning,
    signal,
  });
  if (existsSync(path.join(out, WEIGHTS))) return await completed(run, out, settings, onWarning);
  const manifest = await readManifest(out);
  for (const warning of beginning.tokenizer.warnings) onWarning(warning);
  const unbegun = async (error: unknown): Promise<never> => {
    if (fresh) for (const name of [MANIFEST, METRICS, STORE]) await rm(path.join(out, name), { force: true });
    throw error;
  };
  using corpus = await readCorpus(options, beginning, settings, manifest).catch(unbegun);
  const { header, unigramEntropy, heldOut } = corpus;

  const heads = headsOf(settings.objective, beginning.tied);
  const graph = buildTrainingGraph({ config: beginning.config, heads, causal: settings.objective === "ltr" });
  const { weights, drawn } = await beginning.weights(graph, settings.seed).catch(unbegun);
  options.onBegin?.({
    parameters: [...weights.values()].reduce((sum, { length }) => sum + length, 0),
    drawn,
    documents: header.documents,
    heldOut: corpus.heldOutDocuments,
    tokens: header.tokens,
    unigramEntropy,
  });

  await using step = await createTrainStep({
    runtime,
    graph,
    weights,
    optimizer,
    clip: settings.clip,
    seed: settings.seed,
  });
  await using judge = await openJudge({ runtime, beginning, heads, settings, heldOut, step });
  let tokens: number | undefined;
  const trained = await train({
    step,
    data: corpus.data,
    steps: settings.steps,
    rate: (done) => schedule(done + 1),
    store: run,
    saveEvery: settings.saveEvery,
    evaluation: judge && {
      evaluate: async (at) => {
        const metrics = await judge.evaluate();
        options.onEvaluation?.(at, metrics);
        return metrics;
      },
      every: settings.evaluateEvery,
      best: { metric: "maskedLmLoss", greater: false },
    },
    flops: {
      perToken: trainingFlops(beginning.config, settings.length, masksShare(settings)),
      peak: await measurePeak(runtime),
    },
    onProgress: (report) => {
      ({ tokens } = report);
      options.onProgress?.(report);
    },
    signal,
  });

  tokens ??= (await run.load())!.progress.tokens; // all steps had been made before
  const { steps, loss, best } = trained;
  const result = {
    folder: out,
    objective: settings.objective,
    steps,
    tokens,
    loss,
    best,
    unigramEntropy,
  };
  await writeFinished({
    folder: out,
    beginning,
    settings,
    manifest,
    result,
    mistakes: await judge?.mistakes(),
    state: await step.state(),
    shapes: step.shapes,
  });
  return result;
}

function describe(
  { corpus, command = "", from, cased, threads }: PretrainOptions,
  { config, files }: Beginning,
  settings: Settings,
  runtime: TrainRuntime,
): RunDescription {
  // How often a run is saved does not change it, so that it may be changed.
  const { saveEvery: _, seed, ...told } = settings;
  return {
    command,
    options: {
      ...told,
      ...(cased && { cased }),
      model: { ...config, dropout: { ...config.dropout } },
      continued: from !== undefined,
    },
    seeds: [seed],
    versions: { runtime: threads === undefined ? runtime.name : `${runtime.name}, ${threads} threads` },
    data: [...corpus, ...files].map((file) => ({ file })),
  };
}

interface Judging {
  readonly runtime: TrainRuntime;
  readonly beginning: Beginning;
  readonly heads: readonly AttachedHead[];
  readonly settings: Settings;
  readonly heldOut: PretrainingData | undefined;
  readonly step: TrainStep;
}

/** What measures the weights as they are. */
async function openJudge({ runtime, beginning, heads, settings, heldOut, step }: Judging) {
  if (heldOut === undefined) return undefined;
  const { config, tokenizer } = beginning;
  const { objective, batch } = settings;
  const texts = await HeldOut.read(heldOut, batch, objective === "mlm+nsp");
  // Left to right, attention is written out of its parts, as in training; nothing is dropped.
  const causal = objective === "ltr";
  const still = withDropout(config, 0);
  const graph = buildModel(still, { pooler: true, heads, causal, training: causal });
  const outputs = ["masked-lm", "masked-lm.total", "masked-lm.ids", "masked-lm.scores"];
  if (objective === "mlm+nsp") outputs.push("next-sentence");
  let weights: Numbers = new Map();
  const session = await LiveSession.open(runtime, graph, outputs, () => weights);
  const look = async (): Promise<LiveSession> => {
    ({ weights } = await step.state());
    return session;
  };
  return {
    evaluate: async () => texts.evaluate(await look()),
    mistakes: async () => texts.mistakes(await look(), tokenizer),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** A run whose model is there: nothing is left to do. */
async function completed(
  run: RunFolder,
  folder: string,
  settings: Settings,
  onWarning: (message: string) => void,
): Promise<PretrainResult> {
  const saved = (await run.isSaved()) ? await run.load() : undefined; // else the log would be begun anew
  if (saved === undefined || saved.progress.steps < settings.steps)
    throw new ClozeError(
      "invalid-option",
      `${folder} holds a model, but not the end of its run: choose another folder.`,
      {
        field: "out",
      },
    );
  onWarning(`The run in ${folder} is complete: nothing is left to do.`);
  const { steps, tokens, loss, best } = saved.progress;
  return { folder, objective: settings.objective, steps, tokens, loss, best, unigramEntropy: undefined };
}
