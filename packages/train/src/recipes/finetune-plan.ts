/**
 * What a fine-tuning would take, by a trial of a few of its updates; nothing is kept.
 */
import { createTrainStep } from "../ort/step.ts";
import { measurePeak, trainingFlops, trainingMemory } from "./estimate.ts";
import type { FinetuneOptions } from "./finetune-options.ts";
import { beginningOf, meanLength, setUp, sourceOf } from "./finetune-setup.ts";
import { startingWeights } from "./weights.ts";

/** What a fine-tuning would take. */
export interface FinetunePlan {
  readonly parameters: number;
  /** Bytes of weights, gradients and what the optimizer remembers. */
  readonly stateBytes: number;
  /** The machine's peak, in floating-point operations a second, and the share of it that the trial reached. */
  readonly peak: number;
  readonly share: number;
  readonly examples: number;
  /** Tokens of an epoch, padding left out. */
  readonly tokens: number;
  readonly steps: number;
  readonly tokensPerSecond: number;
  readonly secondsPerStep: number;
  /** Of all updates of all seeds; what is measured in between comes on top. */
  readonly seconds: number;
}

/** Updates that are made to see how long they take; the first is not counted. */
const TRIED = 4;

/**
 * Estimates a fine-tuning on this machine.
 *
 * @throws ClozeError as `finetune` for what is asked for.
 * @example
 * const files = { train: "train.conll", dev: "dev.conll" };
 * const plan = await planFinetuning({ model: "models/my-bert", task: "tag", ...files, out: "models/names" });
 * plan.steps; // 3: an update in each epoch
 */
export async function planFinetuning(options: FinetuneOptions): Promise<FinetunePlan> {
  const setup = await setUp(options);
  const { runtime, graph, optimizer, settings, steps, task, config } = setup;
  const { clip, rate } = settings;
  const { seed = 1, seeds = 1 } = options;
  const peak = await measurePeak(runtime);
  const { weights } = await startingWeights(beginningOf(setup), graph, seed);
  const parameters = [...weights.values()].reduce((sum, { length }) => sum + length, 0);
  await using step = await createTrainStep({ runtime, graph, weights, optimizer, clip, seed });
  const source = sourceOf(setup, seed);
  let [tokens, seconds, micros] = [0, 0, 1];
  for (let nth = 0; nth <= TRIED; nth++) {
    const start = performance.now();
    const batch = await source.next();
    await step.run(batch, rate);
    micros = Math.max(micros, batch.feeds.length);
    if (nth === 0) continue;
    tokens += batch.tokens;
    seconds += (performance.now() - start) / 1000;
  }
  const tokensPerSecond = tokens / seconds;
  return {
    parameters,
    stateBytes: trainingMemory(parameters, optimizer.slots.length, micros),
    peak,
    share: (tokensPerSecond * trainingFlops(config, meanLength(setup))) / peak,
    examples: source.count,
    tokens: task.examples.rows.ids.length,
    steps,
    tokensPerSecond,
    secondsPerStep: seconds / TRIED,
    seconds: seeds * steps * (seconds / TRIED),
  };
}
