/**
 * A run that can be killed: logistic regression with momentum in plain JS, a few milliseconds a step, checkpoints of
 * about a megabyte. As a program: `node toy.ts FOLDER STEPS [SAVE MILLISECONDS]`, which resumes what is in the folder,
 * and kills itself so many milliseconds after it has begun the so-manieth save.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { openRun, train } from "@cloze/train/run";
import type { Batch, DataSource, Json, TrainState, TrainStep } from "@cloze/train";

const ROWS = 2;
const FEATURES = 131_072;

/** The n-th of a stream of numbers from -1 to 1. */
function noise(stream: number, n: number): number {
  let x = Math.imul(stream + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) / 2 ** 31;
}

class Points implements DataSource {
  #batch = 0;

  get epoch(): number {
    return this.#batch / 50;
  }

  async next(): Promise<Batch> {
    const stream = this.#batch++;
    const points = new Float32Array(ROWS * FEATURES);
    for (let i = 0; i < points.length; i++) points[i] = noise(stream, i);
    const labels = Int32Array.from({ length: ROWS }, (_, row) => (points[row * FEATURES] > 0 ? 1 : 0));
    return {
      feeds: [
        {
          points: { type: "float32", dims: [ROWS, FEATURES], data: points },
          labels: { type: "int32", dims: [ROWS], data: labels },
        },
      ],
      tokens: ROWS,
    };
  }

  position(): Json {
    return { batch: this.#batch };
  }

  async seek(position: Json): Promise<void> {
    this.#batch = (position as { batch: number }).batch;
  }
}

class Regression implements TrainStep {
  readonly shapes = new Map([
    ["weight", [FEATURES]],
    ["bias", [1]],
  ]);
  #steps = 0;
  readonly #weights = this.#zeros();
  readonly #momentum = this.#zeros();

  #zeros(): Map<string, Float32Array> {
    return new Map([...this.shapes].map(([name, [size]]) => [name, new Float32Array(size)]));
  }

  async run({ feeds }: Batch, rate: number) {
    const points = feeds[0].points.data;
    const labels = feeds[0].labels.data;
    const weight = this.#weights.get("weight")!;
    const gradient = new Float32Array(FEATURES);
    let [loss, ofBias] = [0, 0];
    for (let row = 0; row < ROWS; row++) {
      const point = points.subarray(row * FEATURES, (row + 1) * FEATURES);
      let logit = this.#weights.get("bias")![0];
      for (let i = 0; i < FEATURES; i++) logit += weight[i] * point[i];
      const error = (1 / (1 + Math.exp(-logit)) - labels[row]) / ROWS;
      loss += Math.log1p(Math.exp(labels[row] === 1 ? -logit : logit)) / ROWS;
      for (let i = 0; i < FEATURES; i++) gradient[i] += error * point[i];
      ofBias += error;
    }
    this.#update("weight", gradient, rate);
    this.#update("bias", Float32Array.of(ofBias), rate);
    this.#steps++;
    return { loss, losses: { label: loss }, norm: Math.hypot(ofBias, ...gradient.subarray(0, 1000)) };
  }

  #update(name: string, gradient: Float32Array, rate: number): void {
    const [weight, momentum] = [this.#weights.get(name)!, this.#momentum.get(name)!];
    for (let i = 0; i < weight.length; i++) {
      momentum[i] = 0.9 * momentum[i] + gradient[i];
      weight[i] -= rate * momentum[i];
    }
  }

  async state(): Promise<TrainState> {
    return { steps: this.#steps, weights: this.#weights, slots: { momentum: this.#momentum } };
  }

  async restore({ steps, weights, slots }: TrainState): Promise<void> {
    this.#steps = steps;
    for (const [name, values] of weights) this.#weights.get(name)!.set(values);
    for (const [name, values] of slots.momentum) this.#momentum.get(name)!.set(values);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function main(folder: string, steps = 100, last?: number, milliseconds?: number): Promise<void> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await using run = await openRun(folder, {
    command: `node toy.ts ${steps}`,
    options: { steps },
    seeds: [1],
    data: [],
    resume: true,
    keep: 2,
  });
  const save = run.save.bind(run);
  let saves = 0;
  run.save = (...kept) => {
    if (++saves === last) setTimeout(() => process.kill(process.pid, "SIGKILL"), milliseconds);
    return save(...kept);
  };
  await using step = new Regression();
  const weight = (await step.state()).weights.get("weight")!;
  await train({
    step,
    data: new Points(),
    steps,
    rate: (done) => 0.001 * (1 - done / steps),
    store: run,
    saveEvery: 7,
    evaluation: {
      evaluate: async (done) => ({ first: weight[0], wave: Math.sin(done / 50) }),
      best: { metric: "wave", greater: true },
    },
    signal: stop.signal,
  });
  writeFileSync(path.join(folder, "final.bin"), weight);
}

if (import.meta.main)
  await main(process.argv[2], ...process.argv.slice(3).map(Number)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
