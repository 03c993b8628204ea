import { ClozeError } from "@cloze/core";
import { describe, expect, test } from "vitest";
import type { Batch, DataSource, Json, TrainState, TrainStep } from "../train-step.ts";
import type { Checkpoint, LogLine, RunStore } from "./store.ts";
import { timingFields } from "./store.ts";
import { train } from "./trainer.ts";
import type { ProgressReport, TrainOptions } from "./trainer.ts";

/** Numbers in an endless row; ten are an epoch. */
class Numbers implements DataSource {
  #next = 0;
  get epoch(): number {
    return this.#next / 10;
  }
  async next(): Promise<Batch> {
    const data = Float32Array.of(Math.sin(this.#next++));
    return { feeds: [{ x: { type: "float32", dims: [1], data } }], tokens: 3 };
  }
  position(): Json {
    return this.#next;
  }
  async seek(position: Json): Promise<void> {
    this.#next = position as number;
  }
}

/** Learns the constant 5 with momentum, from targets that are off by the numbers of the data. */
class Constant implements TrainStep {
  readonly shapes = new Map([["w", [1]]]);
  readonly w = new Float32Array(1);
  readonly rates: number[] = [];
  #m = new Float32Array(1);
  #steps = 0;
  /** The step whose loss is not a number. */
  breaks = Infinity;

  async run({ feeds }: Batch, rate: number) {
    const error = this.w[0] - 5 - 0.1 * feeds[0].x.data[0];
    if (++this.#steps === this.breaks) return { loss: NaN, losses: { head: NaN }, norm: NaN };
    this.rates.push(rate);
    this.#m[0] = 0.5 * this.#m[0] + error;
    this.w[0] -= rate * this.#m[0];
    return { loss: error * error, losses: { head: error * error }, norm: Math.abs(error) };
  }
  async state(): Promise<TrainState> {
    return { steps: this.#steps, weights: new Map([["w", this.w]]), slots: { m: new Map([["w", this.#m]]) } };
  }
  async restore({ steps, weights, slots }: TrainState): Promise<void> {
    this.#steps = steps;
    this.w.set(weights.get("w")!);
    this.#m.set(slots.m.get("w")!);
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Keeps a run in memory, as JSON and bytes. */
class Memory implements RunStore {
  readonly location = "memory";
  readonly lines: LogLine[] = [];
  readonly saves = new Map<number, { checkpoint: Checkpoint; lines: number }>();
  checkpointAt(steps: number): string {
    return `memory/${steps}`;
  }
  async load(): Promise<Checkpoint | undefined> {
    const last = [...this.saves.values()].at(-1);
    this.lines.length = last?.lines ?? 0;
    return last?.checkpoint;
  }
  async loadState(steps: number): Promise<TrainState> {
    return this.saves.get(steps)!.checkpoint.state;
  }
  async save(checkpoint: Checkpoint): Promise<void> {
    const { steps } = checkpoint.progress;
    this.saves.set(steps, { checkpoint: structuredClone(checkpoint), lines: this.lines.length });
  }
  log(line: LogLine): void {
    this.lines.push(structuredClone(line));
  }
}

const rate = (steps: number) => 0.1 / (1 + steps / 100);
const start = (options: Partial<TrainOptions> = {}) =>
  train({ step: new Constant(), data: new Numbers(), steps: 30, rate, ...options });

/** Lines without what tells of time. */
const timeless = (lines: readonly LogLine[]) =>
  lines.map((line) =>
    Object.fromEntries(
      Object.entries(line).filter(([name]) => !timingFields.some((field) => field === name)),
    ),
  );

async function failure(run: Promise<unknown>): Promise<ClozeError> {
  const error: unknown = await run.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ClozeError);
  return error as ClozeError;
}

/** A signal that goes off while the n-th update is told. */
function stopAt(step: number) {
  const controller = new AbortController();
  const onProgress = (report: ProgressReport) => void (report.step === step && controller.abort());
  return { signal: controller.signal, onProgress };
}

describe("a run", () => {
  test("makes its updates in order, at the rate of each", async () => {
    const step = new Constant();
    const result = await start({ step });
    expect(step.rates).toEqual(Array.from({ length: 30 }, (_, i) => rate(i)));
    expect(result).toMatchObject({ steps: 30, stoppedEarly: false, best: undefined });
    expect(step.w[0]).toBeCloseTo(5, 0);
  });

  test("logs of each update what it found, and tells the same with what is left", async () => {
    const store = new Memory();
    const told: ProgressReport[] = [];
    await start({ store, onProgress: (report) => told.push(report), flops: { perToken: 100, peak: 1e12 } });
    expect(store.lines).toHaveLength(30);
    expect(store.lines[1]).toMatchObject({
      step: 2,
      epoch: 0.2,
      rate: rate(1),
      tokens: 6,
      losses: { head: expect.any(Number) },
    });
    expect(told).toMatchObject(store.lines);
    expect(told[0].secondsLeft).toBeGreaterThan(0);
    expect(told[29]).toMatchObject({ steps: 30, secondsLeft: 0 });
    expect(told[3].share! / told[3].tokensPerSecond).toBeCloseTo(1e-10, 13);
  });

  test("keeps a checkpoint every so many updates, and at its end", async () => {
    const store = new Memory();
    await start({ store, saveEvery: 12 });
    expect([...store.saves.keys()]).toEqual([12, 24, 30]);
  });

  test("adds less than a millisecond to an update", async () => {
    const begun = performance.now();
    await start({ store: new Memory(), steps: 2000 });
    expect((performance.now() - begun) / 2000).toBeLessThan(1);
  });

  test("warns once when the loss has stopped falling", async () => {
    const store = new Memory();
    const told: (string | undefined)[] = [];
    await start({ store, steps: 600, rate: () => 0, onProgress: ({ warning }) => told.push(warning) });
    const warnings = store.lines.filter((line) => "warning" in line);
    expect(warnings).toHaveLength(1);
    expect(warnings[0].warning).toContain("has not fallen for 200 steps");
    expect(told.filter(Boolean)).toEqual([warnings[0].warning]);
  });

  test.each([
    [{ steps: 0 }, "steps"],
    [{ saveEvery: 1.5 }, "saveEvery"],
    [
      { evaluation: { evaluate: async () => ({}), best: { metric: "f1", greater: true }, patience: -1 } },
      "patience",
    ],
  ])("refuses options out of their range: %o", async (options, field) => {
    expect(await failure(start(options))).toMatchObject({ code: "invalid-option", field });
  });
});

describe("a run that is stopped", () => {
  test("keeps a checkpoint after the update that was being made, and says how to go on", async () => {
    const store = new Memory();
    const error = await failure(start({ store, ...stopAt(17) }));
    expect(error.code).toBe("aborted");
    expect(error.message).toBe(
      "The training was stopped after step 17 of 30: resume the run in memory to go on from there.",
    );
    expect([...store.saves.keys()]).toEqual([17]);
  });

  test("goes on as if it had never been, wherever it was stopped", async () => {
    const evaluated = (step: Constant): TrainOptions["evaluation"] => ({
      evaluate: async () => ({ distance: Math.abs(step.w[0] - 4) }),
      best: { metric: "distance", greater: false },
    });
    const [whole, step] = [new Memory(), new Constant()];
    const expected = await start({ store: whole, step, evaluation: evaluated(step) });
    for (let at = 1; at < 30; at++) {
      const store = new Memory();
      const first = new Constant();
      await failure(start({ store, step: first, evaluation: evaluated(first), ...stopAt(at) }));
      const second = new Constant();
      const result = await start({ store, step: second, evaluation: evaluated(second) });
      expect(result).toEqual(expected);
      expect(second.w).toEqual(step.w);
      expect(timeless(store.lines)).toEqual(timeless(whole.lines));
    }
  });

  test("before its first update keeps nothing, as there is nothing", async () => {
    const store = new Memory();
    const error = await failure(start({ store, signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ code: "aborted" });
    expect(store.saves.size).toBe(0);
  });
});

describe("a loss that is not a number", () => {
  test("ends the run with the step, the last loss, the rate and the last good checkpoint, which stays", async () => {
    const store = new Memory();
    const step = new Constant();
    step.breaks = 14;
    const error = await failure(start({ store, step, saveEvery: 5 }));
    const before = (store.lines.find((line) => line.step === 13) as { loss: number }).loss;
    expect(error.code).toBe("diverged");
    expect(error.message).toBe(
      `The loss is NaN at step 14, after ${before.toPrecision(4)} in the step before, at a learning rate of ${rate(13)}: ` +
        "begin anew with a lower rate or a longer warm-up; the last good checkpoint is memory/10.",
    );
    expect([...store.saves.keys()]).toEqual([5, 10]);
    expect(store.lines.at(-1)).toEqual({ step: 14, warning: error.message });
  });

  test("in the first update is told too", async () => {
    const step = new Constant();
    step.breaks = 1;
    expect((await failure(start({ step }))).message).toMatch(
      /^The loss is NaN at step 1, at a learning rate/,
    );
  });
});

/** An evaluation that finds these scores, one after the other. */
const scores = (...values: number[]) => {
  let n = 0;
  return async () => ({ score: values[n++] });
};

describe("evaluations", () => {
  const best = { metric: "score", greater: true };

  test("come at the end of each epoch, and at the end", async () => {
    const at: number[] = [];
    const evaluate = async (steps: number): Promise<{ score: number }> => ({ score: at.push(steps) });
    await start({ steps: 25, evaluation: { evaluate, best } });
    expect(at).toEqual([10, 20, 25]);
  });

  test("come every so many updates, where that is asked", async () => {
    const at: number[] = [];
    const evaluate = async (steps: number): Promise<{ score: number }> => ({ score: at.push(steps) });
    await start({ steps: 16, evaluation: { evaluate, every: 8, best } });
    expect(at).toEqual([8, 16]);
  });

  test.each([
    ["with a store", (): RunStore | undefined => new Memory()],
    ["without one", (): RunStore | undefined => undefined],
  ] as const)("leave the best state in the step, %s", async (_, makeStore) => {
    const [ended, other] = [new Constant(), new Constant()];
    const store = makeStore();
    const result = await start({ step: ended, store, evaluation: { evaluate: scores(1, 3, 2), best } });
    await start({ step: other, steps: 20 });
    expect(result.best).toEqual({ steps: 20, metrics: { score: 3 } });
    expect(ended.w).toEqual(other.w);
    expect((await ended.state()).steps).toBe(20);
  });

  test("end the run when so many have gained nothing; resumed, it has ended already", async () => {
    const store = new Memory();
    const evaluation = { evaluate: scores(1, 3, NaN, 3, 9), best, patience: 2 };
    const result = await start({ steps: 100, store, evaluation });
    expect(result).toMatchObject({ steps: 40, stoppedEarly: true, best: { steps: 20 } });
    expect(await start({ steps: 100, store, evaluation })).toEqual(result);
  });

  test("that lack the metric are refused, with those there are", async () => {
    const error = await failure(
      start({
        evaluation: {
          evaluate: async () => ({ accuracy: 1, f1: 1 }),
          best: { metric: "matthews", greater: true },
        },
      }),
    );
    expect(error.message).toBe(
      "There is no metric matthews to find the best by: the evaluation gives accuracy, f1.",
    );
  });
});
