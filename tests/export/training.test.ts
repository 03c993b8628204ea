/**
 * `export --training`: the three files are all that a loop elsewhere needs, and it then does what Cloze's own step does;
 * so does the reference for torchrun, in one process and in two.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Feeds } from "@cloze/core";
import { NodeFiles, openFolder, readTensor } from "@cloze/runtime/node";
import { readHeader } from "@cloze/runtime/safetensors";
import { adamW, buildTrainingGraph, createTrainStep } from "@cloze/train";
import { nodeRuntime } from "@cloze/train/node";
import type { StepDescription } from "@cloze/train/recipes";
import { cloze } from "../cli/cloze.ts";
import { root } from "../docs/entries.ts";
import { pythonWith } from "../reference/python.ts";

const model = path.join(root, "tests/fixtures/checkpoints/pretraining");
const folder = mkdtempSync(path.join(tmpdir(), "cloze-step-"));
const STEPS = 10;
let step: StepDescription;

beforeAll(async () => {
  const { code, err } = await cloze([
    "export",
    "--training",
    "--model",
    model,
    "--out",
    folder,
    "--dropout",
    "0",
  ]);
  expect([code, err]).toEqual([0, ""]);
  step = JSON.parse(readFileSync(path.join(folder, "step.json"), "utf8")) as StepDescription;
  step = { ...step, schedule: { rate: 1e-3, warmup: 2, steps: 12 } };
  writeFileSync(path.join(folder, "step.json"), JSON.stringify(step));
});
afterAll(() => rmSync(folder, { recursive: true }));

const [ROWS, LENGTH, MASKS] = [4, 8, 2];
const sizes: Readonly<Record<string, number>> = { batch: ROWS, length: LENGTH, masks: MASKS };

/** Batch n: numbers without meaning, of the right form. */
function batchOf(n: number): Feeds {
  const values: Readonly<Record<string, (i: number) => number>> = {
    input_ids: (i) => 5 + ((7 * i + n) % 90),
    token_type_ids: (i) => Number(i % LENGTH > 4),
    attention_mask: () => 1,
    masked_positions: (i) => 1 + (i % MASKS) * 3,
    "masked-lm.labels": (i) => 10 + ((3 * i + n) % 80),
    "masked-lm.weights": () => 1 / (ROWS * MASKS),
    "next-sentence.labels": (i) => i % 2,
    "next-sentence.weights": () => 1 / ROWS,
  };
  return Object.fromEntries(
    step.batch.map(({ name, type, shape }) => {
      const dims = shape.map((size) => (typeof size === "number" ? size : sizes[size]));
      const all = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => values[name](i));
      return [
        name,
        type === "int32"
          ? { type, dims, data: Int32Array.from(all) }
          : { type, dims, data: Float32Array.from(all) },
      ];
    }),
  );
}

const toTensor = ({ type, dims, data }: Feeds[string]) =>
  type === "int32" ? new Tensor(type, data, dims) : new Tensor(type, data, dims);

async function weightsOf(file: string): Promise<Map<string, Float32Array>> {
  const files = new NodeFiles(folder);
  const weights = new Map<string, Float32Array>();
  for (const [name, stored] of await readHeader(files, file, readFileSync(path.join(folder, file)).length))
    weights.set(name, (await readTensor(files, stored)).slice());
  return weights;
}

const rateOf = (n: number): number => {
  const { rate, warmup, steps } = step.schedule;
  return rate * (n < warmup ? n / warmup : (steps - n) / (steps - warmup));
};

/** What Cloze's own step makes of the same batches. */
async function trainHere() {
  const { config, plugins } = await openFolder(model);
  const dropout = { hidden: 0, attention: 0, classifier: 0 };
  const graph = buildTrainingGraph({ config: { ...config, dropout }, heads: plugins });
  const weights = await weightsOf(step.weights);
  await using own = await createTrainStep({
    runtime: nodeRuntime({ threads: 1 }),
    graph,
    weights,
    optimizer: adamW(),
    clip: step.clip,
    seed: 1,
  });
  const losses: number[] = [];
  for (let n = 0; n < STEPS; n++)
    losses.push((await own.run({ feeds: [batchOf(n)], tokens: 0 }, rateOf(n))).loss);
  return { losses, weights };
}

/**
 * The largest difference. Softmax does not see the biases of keys: their gradients are rounding errors, which Adam makes
 * as large as any other.
 */
function furthest(
  some: ReadonlyMap<string, Float32Array>,
  others: ReadonlyMap<string, Float32Array>,
): number {
  let most = 0;
  for (const [name, data] of some)
    if (!name.endsWith("key.bias"))
      for (const [i, x] of data.entries()) most = Math.max(most, Math.abs(x - others.get(name)![i]));
  return most;
}

test("the graph's feeds and outputs come in the order that step.json says", async () => {
  const session = await InferenceSession.create(path.join(folder, step.graph));
  expect(session.inputNames).toEqual(step.inputs);
  expect(session.outputNames).toEqual(step.outputs);
  const fed = [
    ...step.batch.map(({ name }) => name),
    ...step.seeds,
    ...step.parameters.map(({ name }) => name),
  ];
  expect(new Set(step.inputs)).toEqual(new Set(fed));
});

test("a loop that knows step.json alone trains as Cloze's own step does", async () => {
  const session = await InferenceSession.create(path.join(folder, step.graph));
  const weights = await weightsOf(step.weights);
  const { beta1, beta2, epsilon, weightDecay } = step.optimizer;
  const moments = new Map(
    [...weights].map(([name, { length }]) => [name, [new Float64Array(length), new Float64Array(length)]]),
  );
  const losses: number[] = [];
  for (let n = 0; n < STEPS; n++) {
    const feeds = Object.fromEntries(
      Object.entries(batchOf(n)).map(([name, feed]) => [name, toTensor(feed)]),
    );
    for (const { name, shape } of step.parameters)
      feeds[name] = new Tensor("float32", weights.get(name)!, shape);
    const results = await session.run(feeds);
    losses.push(Number(results[step.loss].data[0]));
    const gradients = step.parameters.map(({ gradient }) => results[gradient].data as Float32Array);
    const norm = Math.hypot(...gradients.map((one) => Math.hypot(...one)));
    const scale = Math.min(1, step.clip / (norm + 1e-6));
    for (const [p, { name, decay }] of step.parameters.entries()) {
      const [m, v] = moments.get(name)!;
      const weight = weights.get(name)!;
      for (let i = 0; i < weight.length; i++) {
        const g = gradients[p][i] * scale;
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * g * g;
        const mean = m[i] / (1 - beta1 ** (n + 1));
        const square = v[i] / (1 - beta2 ** (n + 1));
        weight[i] -=
          rateOf(n) * (mean / (Math.sqrt(square) + epsilon) + (decay ? weightDecay * weight[i] : 0));
      }
    }
  }
  const own = await trainHere();
  expect(losses.at(-1)).toBeLessThan(losses[0]);
  for (const [n, loss] of losses.entries()) expect(loss).toBeCloseTo(own.losses[n], 4);
});

test("a head with dropout asks for seeds, and one alone is exported by its name", async () => {
  const out = path.join(folder, "one");
  const { code } = await cloze([
    "export",
    "--training",
    "--model",
    model,
    "--plugin",
    "next-sentence",
    "--out",
    out,
  ]);
  const described = JSON.parse(readFileSync(path.join(out, "step.json"), "utf8")) as StepDescription;
  expect([code, described.losses, described.seeds.length]).toEqual([0, ["loss.next-sentence"], 2]);
});

test.each([
  [["--onnx", "--training"], "--onnx, --triton or --training"],
  [[], "--onnx, --triton or --training"],
  [["--training", "--precision", "int8"], "--precision"],
  [["--onnx", "--dropout", "0"], "--dropout"],
  [["--training", "--plugin", "nobody"], "nobody"],
])("what does not go together is refused: %j", async (flags, what) => {
  const { code, err } = await cloze([
    "export",
    ...flags,
    "--model",
    model,
    "--out",
    path.join(folder, "none"),
  ]);
  expect([code, err.includes(what)]).toEqual([2, true]);
});

const python = pythonWith("torch", "onnxruntime", "safetensors", "numpy");

/** Runs the reference in so many processes. @returns The loss of each step. */
function runReference(processes: number, out: string): number[] {
  const batches = Array.from({ length: STEPS }, (_, n) => batchOf(n));
  const arrays = step.batch.map(({ name }) => ({
    name,
    dims: [STEPS, ...batches[0][name].dims],
    data: batches.flatMap((batch) => [...batch[name].data]),
  }));
  const npz = path.join(folder, "batches.npz");
  const write = `import json, sys, numpy as np; np.savez(sys.argv[1], **{a["name"]: np.array(a["data"]).reshape(a["dims"]) for a in json.load(sys.stdin)})`;
  execFileSync(python!, ["-c", write, npz], { input: JSON.stringify(arrays) });
  const script = path.join(root, "deploy/train/ddp.py");
  const launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", String(processes)];
  const printed = execFileSync(python!, [...launch, script, folder, npz, "--out", path.join(folder, out)], {
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  return printed
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { loss: number }).loss);
}

describe.runIf(python !== undefined)("deploy/train/ddp.py", () => {
  test("trains as Cloze's own step does, and two processes as one", async () => {
    const own = await trainHere();
    const losses = runReference(1, "one.safetensors");
    for (const [n, loss] of losses.entries()) expect(loss).toBeCloseTo(own.losses[n], 4);
    expect(runReference(2, "two.safetensors")).toHaveLength(STEPS);
    const [one, two] = [await weightsOf("one.safetensors"), await weightsOf("two.safetensors")];
    expect(one.size).toBe(step.parameters.length);
    expect(furthest(one, two)).toBeLessThan(1e-5);
    expect(furthest(one, own.weights)).toBeLessThan(1e-4);
  });
});
