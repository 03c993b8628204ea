/**
 * Training against PyTorch and transformers: the gradients of a batch, and a hundred steps of both optimizers, for
 * every kind of head, from the same weights on the same batches. How the references are made is in
 * tests/reference/README.md.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { findHead, interpret, parseConfig } from "@cloze/core";
import type { AttachedHead, Feeds, HeadKind, Operand } from "@cloze/core";
import { NodeFiles, readTensor } from "@cloze/runtime/node";
import { readHeader } from "@cloze/runtime/safetensors";
import { adamW, bertAdam, buildTrainingGraph, createTrainStep, gradientName } from "@cloze/train";
import type { StepReport } from "@cloze/train";
import { nodeRuntime } from "@cloze/train/node";

interface RawTensor {
  readonly type: "int32" | "float32";
  readonly dims: readonly number[];
  readonly data: readonly number[];
}
interface Course {
  readonly rates: readonly number[];
  readonly losses: Readonly<Record<string, readonly number[]>>;
  readonly norms: readonly number[];
}
interface Expected extends Readonly<Record<"adamW" | "bertAdam", Course>> {
  readonly heads: readonly HeadKind[];
  readonly free: readonly string[];
  readonly first: Readonly<Record<string, number>>;
  readonly batches: readonly Readonly<Record<string, RawTensor>>[];
}

const fixtures = path.join(import.meta.dirname, "../fixtures/train");
const cases = readdirSync(fixtures, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const optimizers = { adamW: adamW(), bertAdam: bertAdam() };

const labels: Readonly<Partial<Record<string, number>>> = {
  sequence: 3,
  "multi-label": 4,
  token: 5,
  span: 2,
};

function open(name: string) {
  const folder = path.join(fixtures, name);
  const expected = JSON.parse(readFileSync(path.join(folder, "expected.json"), "utf8")) as Expected;
  const { config } = parseConfig(readFileSync(path.join(folder, "config.json"), "utf8"));
  const heads = expected.heads.map((kind): AttachedHead => {
    const count = kind === "next-sentence" ? 2 : kind === "masked-lm" ? 0 : (labels[kind] ?? 1);
    const features = ["masked-lm", "token", "span"].includes(kind) ? "hidden" : "pooler";
    const names = Array.from({ length: count }, (_, i) => `label ${i}`);
    return { name: kind, kind, scope: findHead(kind).scope, labels: names, features };
  });
  return { folder, expected, heads, graph: buildTrainingGraph({ config, heads, choices: 3 }) };
}

function feedsOf(batch: Expected["batches"][number]): Feeds {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { type, dims, data }]) => [
      name,
      type === "int32"
        ? { type, dims, data: Int32Array.from(data) }
        : { type, dims, data: Float32Array.from(data) },
    ]),
  );
}

async function tensorsOf(folder: string, file: string): Promise<Map<string, Float32Array<ArrayBuffer>>> {
  const files = new NodeFiles(folder);
  const tensors = await readHeader(files, file, (await files.list()).files.get(file)!);
  return new Map(
    await Promise.all(
      [...tensors].map(async ([name, tensor]) => [name, (await readTensor(files, tensor)).slice()] as const),
    ),
  );
}

/** ‖a - b‖ / ‖b‖. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [apart, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    apart += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(apart / size);
}

test.each(cases)("%s: the gradient of every parameter is PyTorch's", async (name) => {
  const { folder, expected, graph } = open(name);
  const weights = await tensorsOf(folder, "model.safetensors");
  const feeds = new Map<string, Operand>(Object.entries(feedsOf(expected.batches[0])));
  for (const { source, shape } of graph.parameters) {
    const parameter = "name" in source ? source.name : "";
    const data = weights.get(parameter);
    if (data) feeds.set(parameter, { dims: shape.map(Number), data: Float64Array.from(data) }); // some have no pooler
  }
  const lossNames = expected.heads.map((head) => `loss.${head}`);
  const results = interpret(graph, feeds, {
    outputs: [...lossNames, ...[...weights.keys()].map(gradientName)],
  });
  for (const [head, loss] of Object.entries(expected.first))
    expect(results.get(`loss.${head}`)!.data[0]).toBeCloseTo(loss, 6);
  for (const [parameter, gradient] of await tensorsOf(folder, "gradients.safetensors"))
    if (!expected.free.includes(parameter))
      expect(distance(results.get(gradientName(parameter))!.data, gradient), parameter).toBeLessThan(1e-6);
});

test.each(
  cases.flatMap((name) => (["adamW", "bertAdam"] as const).map((optimizer) => [name, optimizer] as const)),
)("%s: a hundred steps of %s end where PyTorch's do", async (name, optimizer) => {
  const { folder, expected, graph } = open(name);
  const { rates, losses, norms } = expected[optimizer];
  const weights = await tensorsOf(folder, "model.safetensors");
  const runtime = nodeRuntime({ threads: 1 });
  const options = { runtime, graph, weights, optimizer: optimizers[optimizer], clip: 1, seed: 1 };
  await using step = await createTrainStep(options);
  const reports: StepReport[] = [];
  for (const [at, rate] of rates.entries()) {
    const feeds = feedsOf(expected.batches[at % expected.batches.length]);
    reports.push(await step.run({ feeds: [feeds], tokens: 0 }, rate));
  }
  for (const [head, course] of Object.entries(losses))
    expect(
      distance(
        reports.map((report) => report.losses[head]),
        course,
      ),
      head,
    ).toBeLessThan(1e-4);
  expect(
    distance(
      reports.map(({ norm }) => norm),
      norms,
    ),
  ).toBeLessThan(1e-4);
  for (const [parameter, wanted] of await tensorsOf(folder, `${optimizer}.safetensors`))
    if (!expected.free.includes(parameter))
      expect(distance(weights.get(parameter)!, wanted), parameter).toBeLessThan(1e-4);
});
