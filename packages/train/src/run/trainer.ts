/**
 * The loop of training: a batch, an update, a line in the log, now and then an evaluation and a checkpoint. It knows
 * no model, no file and no host: what is learned is the step's affair, where the run is kept the store's.
 */
import { ClozeError } from "@cloze/core";
import type { Abort } from "@cloze/core";
import type { DataSource, Numbers, StepReport, TrainState, TrainStep } from "../train-step.ts";
import { patienceOf, watchLoss } from "./loss-watch.ts";
import type { RunStore, StepLine, TrainProgress } from "./store.ts";

/** What is trained, on what, and how far. */
export interface TrainOptions {
  readonly step: TrainStep;
  readonly data: DataSource;
  /** How many updates there are in all, those before the run was resumed included. */
  readonly steps: number;
  /** The learning rate of the update that comes after so many others: from 0 on. */
  readonly rate: (steps: number) => number;
  /** Where the run is kept. A run that its store has begun goes on where it was saved last. */
  readonly store?: RunStore | undefined;
  /** After how many updates a checkpoint is kept. Default 500; one is kept at each evaluation and at the end as well. */
  readonly saveEvery?: number | undefined;
  readonly evaluation?: EvaluationOptions | undefined;
  /** What a token costs, in floating-point operations, and the machine's peak of them a second. */
  readonly flops?: { readonly perToken: number; readonly peak: number } | undefined;
  /** Told of each update. */
  readonly onProgress?: ((report: ProgressReport) => void) | undefined;
  /** Stops the run after the update that is being made; a checkpoint is kept. */
  readonly signal?: Abort | undefined;
}

/** How the weights are judged while they are trained. */
export interface EvaluationOptions {
  /** Measures the weights as they are now: numbers by the metrics' names. */
  readonly evaluate: (steps: number) => Promise<Readonly<Record<string, number>>>;
  /** After how many updates; by default at the end of each epoch. The run's end is always evaluated. */
  readonly every?: number | undefined;
  /** The metric that says which state is the best. */
  readonly best: { readonly metric: string; readonly greater: boolean };
  /** After how many evaluations without gain the run ends; by default it does not. */
  readonly patience?: number | undefined;
}

/** An update, as it is told to whoever watches. */
export interface ProgressReport extends StepLine {
  /** How many updates there are in all. */
  readonly steps: number;
  /** How long the rest will take, at the mean speed so far. */
  readonly secondsLeft: number;
  /** Said once: the loss has stopped falling. */
  readonly warning?: string;
}

/** How a run ended. */
export interface TrainResult {
  /** How many updates were made. */
  readonly steps: number;
  /** The loss of the last update. */
  readonly loss: number | undefined;
  /** The evaluation whose state the step holds now; without evaluations it holds the last state. */
  readonly best: TrainProgress["best"];
  /** Whether the run ended because evaluations had ceased to gain. */
  readonly stoppedEarly: boolean;
}

/**
 * Trains until all updates are made, or no evaluation gains any more. Afterwards the step holds the best state, or the
 * last one where nothing was evaluated.
 *
 * With the same options a run that was cut off and resumed makes the same updates as one that never was.
 *
 * @throws {ClozeError} `aborted` after the signal; `diverged` when the loss is not a number any more; `invalid-option` for
 * options out of their range. The last checkpoint is whole in any case.
 *
 * @example
 * const { loss } = await train({ step, data, steps: 20, rate: (steps) => 1e-3 * (1 - steps / 20) });
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  checkOptions(options);
  const { step, data, steps, store, evaluation, signal, onProgress } = options;
  const saveEvery = options.saveEvery ?? 500;
  const saved = await store?.load();
  let progress: TrainProgress = saved?.progress ?? { steps: 0, tokens: 0, withoutGain: 0 };
  if (saved !== undefined) {
    await step.restore(saved.state);
    await data.seek(saved.position);
  }
  let savedAt = progress.steps;
  let bestState: TrainState | undefined; // where there is no store to keep it
  const begun = performance.now();
  const first = progress.steps;
  const stoppedEarly = (): boolean => progress.withoutGain >= (evaluation?.patience ?? Infinity);

  const save = async (): Promise<void> => {
    if (store === undefined || savedAt === progress.steps) return;
    await store.save({ state: await step.state(), position: data.position(), progress }, step.shapes);
    savedAt = progress.steps;
  };
  const evaluate = async (judge: EvaluationOptions): Promise<void> => {
    const metrics = await judge.evaluate(progress.steps);
    store?.log({ step: progress.steps, evaluation: metrics });
    progress = compare(progress, metrics, judge.best);
    if (store === undefined && progress.withoutGain === 0) bestState = copyState(await step.state());
  };

  while (progress.steps < steps && !stoppedEarly()) {
    if (signal?.aborted === true) {
      await save();
      throw stopped(progress.steps, steps, store);
    }
    const start = performance.now();
    const epoch = Math.floor(data.epoch);
    const batch = await data.next();
    const rate = options.rate(progress.steps);
    const report = await step.run(batch, rate);
    const seconds = (performance.now() - start) / 1000;
    if (!Number.isFinite(report.loss) || !Number.isFinite(report.norm))
      throw diverged(progress, report, rate, savedAt, store);

    const before = progress.watch;
    progress = {
      ...progress,
      steps: progress.steps + 1,
      tokens: progress.tokens + batch.tokens,
      loss: report.loss,
      watch: watchLoss(before, report.loss, progress.steps + 1, patienceOf(steps)),
    };
    const line = describeStep(options, progress, report, rate, batch.tokens / seconds, seconds);
    store?.log(line);
    const warning = progress.watch?.flat && !before?.flat ? describeFlat(progress) : undefined;
    if (warning !== undefined) store?.log({ step: progress.steps, warning });
    const pace = (performance.now() - begun) / 1000 / (progress.steps - first);
    onProgress?.({
      ...line,
      steps,
      secondsLeft: pace * (steps - progress.steps),
      ...(warning !== undefined && { warning }),
    });

    const ended = progress.steps === steps;
    const { every } = evaluation ?? {};
    const due = every === undefined ? Math.floor(data.epoch) > epoch : progress.steps % every === 0;
    if (evaluation !== undefined && (ended || due)) {
      await evaluate(evaluation);
      await save(); // so that the best is among the checkpoints
    } else if (ended || progress.steps % saveEvery === 0) await save();
  }

  const { best, loss } = progress;
  if (best !== undefined && best.steps !== progress.steps)
    await step.restore(bestState ?? (await store!.loadState(best.steps)));
  return { steps: progress.steps, loss, best, stoppedEarly: progress.steps < steps };
}

function describeStep(
  { data, flops }: TrainOptions,
  { steps, tokens }: TrainProgress,
  { loss, losses, norm }: StepReport,
  rate: number,
  tokensPerSecond: number,
  seconds: number,
): StepLine {
  return {
    step: steps,
    epoch: data.epoch,
    loss,
    losses,
    rate,
    norm,
    tokens,
    seconds: round(seconds),
    tokensPerSecond: round(tokensPerSecond),
    ...(flops && { share: round((tokensPerSecond * flops.perToken) / flops.peak) }),
  };
}

/** Measured times are not known to more digits. */
function round(value: number): number {
  return Number(value.toPrecision(5));
}

function compare(
  progress: TrainProgress,
  metrics: Readonly<Record<string, number>>,
  { metric, greater }: EvaluationOptions["best"],
): TrainProgress {
  const value = metrics[metric];
  if (value === undefined)
    throw new ClozeError(
      "invalid-option",
      `There is no metric ${metric} to find the best by: the evaluation gives ${Object.keys(metrics).join(", ")}.`,
      { field: "metric" },
    );
  const record = progress.best?.metrics[metric] ?? (greater ? -Infinity : Infinity);
  const gained = greater ? value > record : value < record; // what is not a number gains nothing
  return gained
    ? { ...progress, best: { steps: progress.steps, metrics }, withoutGain: 0 }
    : { ...progress, withoutGain: progress.withoutGain + 1 };
}

function copyState({ steps, weights, slots }: TrainState): TrainState {
  const copies = Object.entries(slots).map(([slot, numbers]) => [slot, copyNumbers(numbers)] as const);
  return { steps, weights: copyNumbers(weights), slots: Object.fromEntries(copies) };
}

function copyNumbers(numbers: Numbers): Numbers {
  return new Map([...numbers].map(([name, values]) => [name, values.slice()]));
}

function describeFlat({ steps, watch }: TrainProgress): string {
  const { smoothed, lowestAt } = watch!;
  return (
    `The loss has not fallen for ${steps - lowestAt} steps (about ${smoothed.toPrecision(3)} since step ${lowestAt}): ` +
    "the learning rate may be too high or too low, or the labels may not follow from the texts."
  );
}

function stopped(done: number, steps: number, store: RunStore | undefined): ClozeError {
  const kept = store ? `resume the run in ${store.location} to go on from there` : "nothing was kept";
  return new ClozeError("aborted", `The training was stopped after step ${done} of ${steps}: ${kept}.`);
}

function diverged(
  { steps, loss }: TrainProgress,
  found: StepReport,
  rate: number,
  savedAt: number,
  store: RunStore | undefined,
): ClozeError {
  const what = Number.isFinite(found.loss)
    ? `The norm of the gradients is ${found.norm}`
    : `The loss is ${found.loss}`;
  const before = loss === undefined ? "" : `, after ${loss.toPrecision(4)} in the step before`;
  const kept =
    store === undefined || savedAt === 0
      ? ""
      : `; the last good checkpoint is ${store.checkpointAt(savedAt)}`;
  const message =
    `${what} at step ${steps + 1}${before}, at a learning rate of ${rate}: ` +
    `begin anew with a lower rate or a longer warm-up${kept}.`;
  store?.log({ step: steps + 1, warning: message });
  return new ClozeError("diverged", message);
}

function checkOptions({ steps, saveEvery, evaluation }: TrainOptions): void {
  const counts = { steps, saveEvery, every: evaluation?.every, patience: evaluation?.patience };
  for (const [field, value] of Object.entries(counts))
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      throw new ClozeError("invalid-option", `${field} should be a whole number from 1, not ${value}.`, {
        field,
      });
}
