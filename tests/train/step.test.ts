/**
 * Steps with the real ONNX Runtime on the CPU: micro-batches, dropout, states, and losses that are not numbers. What a
 * device does with them is in `device.test.ts`.
 */
import { expect, test } from "vitest";
import { buildModel, interpret, presets } from "@cloze/core";
import type { AttachedHead, Operand } from "@cloze/core";
import { adamW, buildTrainingGraph, createTrainStep, dropoutSeeds, initialWeights } from "@cloze/train";
import { labelsName, LiveSession, weightsName } from "@cloze/train";
import type { TrainRuntime, TrainStep } from "@cloze/train";
import { nodeRuntime } from "@cloze/train/node";
import { tinyFeeds, tinyGraph } from "./tiny.ts";

const host = nodeRuntime({ threads: 1 });
/** The step of a device, with the CPU for one. */
const device: TrainRuntime = { ...host, weights: "device", open: (model) => host.open(model) };

async function makeStep(dropout: boolean, seed = 1, runtime = host): Promise<TrainStep> {
  const graph = tinyGraph(dropout);
  const weights = initialWeights(graph, 1);
  return createTrainStep({
    runtime,
    graph,
    weights,
    optimizer: adamW(),
    clip: 1,
    seed,
  });
}

const whole = { feeds: [tinyFeeds()], tokens: 0 };
const parts = { feeds: [tinyFeeds(0, 3), tinyFeeds(3, 4), tinyFeeds(4, 8)], tokens: 0 };

test("a batch in micro-batches is the same batch", async () => {
  await using one = await makeStep(false);
  await using other = await makeStep(false);
  for (let i = 0; i < 5; i++) {
    const [a, b] = [await one.run(whole, 1e-3), await other.run(parts, 1e-3)];
    expect(b.loss).toBeCloseTo(a.loss, 5);
    expect(b.norm).toBeCloseTo(a.norm, 5);
  }
});

test("the losses of the heads sum to the loss, which falls", async () => {
  await using step = await makeStep(true);
  const { loss, losses } = await step.run(whole, 1e-3);
  expect(losses["masked-lm"] + losses["next-sentence"]).toBeCloseTo(loss, 5);
  expect(losses["masked-lm"]).toBeCloseTo(Math.log(200), 0);
  for (let i = 0; i < 30; i++) await step.run(whole, 1e-3);
  expect((await step.run(whole, 1e-3)).loss).toBeLessThan(loss - 1);
});

test("dropout drops other places at every step and with every seed, and the same ones when a step is repeated", async () => {
  await using step = await makeStep(true);
  await using twin = await makeStep(true);
  await using other = await makeStep(true, 2);
  await using without = await makeStep(false);
  const runs = await Promise.all([step, twin, other, without].map((one) => one.run(whole, 0)));
  const [first, same, seeded, dry] = runs.map(({ loss }) => loss);
  expect(same).toBe(first);
  expect(new Set([first, seeded, dry, (await step.run(whole, 0)).loss]).size).toBe(4);
});

test("the interpreter drops the same places as ONNX Runtime", async () => {
  const graph = tinyGraph(true);
  const weights = initialWeights(graph, 1);
  await using step = await makeStep(true);
  const feeds = new Map<string, Operand>(Object.entries({ ...tinyFeeds(), ...dropoutSeeds(1, 0, 0) }));
  for (const { source, shape } of graph.parameters) {
    const name = "name" in source ? source.name : "";
    feeds.set(name, { dims: shape.map(Number), data: weights.get(name)! });
  }
  const loss = interpret(graph, feeds, { outputs: ["loss"] }).get("loss")!.data[0];
  expect((await step.run(whole, 0)).loss).toBeCloseTo(loss, 5);
});

test("a step that goes back to a state goes on as it did from there", async () => {
  await using step = await makeStep(true);
  for (let i = 0; i < 3; i++) await step.run(whole, 1e-3);
  const { steps, weights, slots } = structuredClone(await step.state());
  const ahead = [await step.run(whole, 1e-3), await step.run(parts, 1e-3)];
  await using fresh = await makeStep(true);
  for (const one of [step, fresh]) {
    await one.restore({ steps, weights, slots });
    expect([await one.run(whole, 1e-3), await one.run(parts, 1e-3)]).toEqual(ahead);
  }
});

test("a loss that is not a number updates nothing", async () => {
  await using step = await makeStep(false);
  const before = structuredClone(await step.state());
  const feeds = tinyFeeds();
  const bad = {
    ...feeds,
    "next-sentence.weights": { ...feeds["next-sentence.weights"], data: new Float32Array(8).fill(NaN) },
  };
  const report = await step.run({ feeds: [bad as typeof feeds], tokens: 0 }, 1e-3);
  expect(report.loss).toBeNaN();
  expect(await step.state()).toEqual(before);
});

test("the step in one graph ends where the step of the host ends, and goes back as it does", async () => {
  await using one = await makeStep(true);
  await using other = await makeStep(true, 1, device);
  for (let i = 0; i < 3; i++) {
    const [a, b] = [await one.run(whole, 1e-3), await other.run(whole, 1e-3)];
    expect(b.loss).toBeCloseTo(a.loss, 5);
    expect(b.norm).toBeCloseTo(a.norm, 5);
  }
  const saved = structuredClone(await other.state());
  const { weights } = await one.state();
  for (const [name, data] of saved.weights)
    for (const [i, x] of data.entries()) expect(x).toBeCloseTo(weights.get(name)![i], 5);
  const ahead = await other.run(whole, 1e-3);
  await other.restore(saved);
  expect(await other.run(whole, 1e-3)).toEqual(ahead);
});

test("a batch that holds nothing is refused: what was found before is not learnt again", async () => {
  for (const runtime of [host, device]) {
    await using step = await makeStep(false, 1, runtime);
    await step.run(whole, 1e-3);
    const before = structuredClone(await step.state());
    await expect(step.run({ feeds: [], tokens: 0 }, 1e-3)).rejects.toMatchObject({ code: "invalid-option" });
    expect(await step.state()).toEqual(before);
  }
});

const tags: AttachedHead = {
  name: "tags",
  kind: "token",
  scope: "classifier",
  labels: ["O", "I"],
  features: "hidden",
};
const small = {
  ...presets.tiny,
  vocabularySize: 200,
  hiddenSize: 32,
  intermediateSize: 64,
  maxPositions: 32,
};

test("weights may lack what nothing reads, such as a pooler under a head on tokens, and nothing else", async () => {
  const graph = buildTrainingGraph({ config: small, heads: [tags] });
  const { input_ids, token_type_ids, attention_mask } = tinyFeeds();
  const feeds = {
    input_ids,
    token_type_ids,
    attention_mask,
    [labelsName("tags")]: token_type_ids,
    [weightsName("tags")]: attention_mask,
  };
  for (const runtime of [host, device]) {
    const weights = initialWeights(graph, 1);
    for (const part of ["weight", "bias"]) weights.delete(`bert.pooler.dense.${part}`);
    const options = { runtime, graph, weights, optimizer: adamW(), clip: 1, seed: 1 };
    await using step = await createTrainStep(options);
    expect((await step.run({ feeds: [feeds], tokens: 0 }, 1e-3)).loss).toBeGreaterThan(0);
    expect([...(await step.state()).weights.keys()]).toEqual([...weights.keys()]);
    weights.delete("classifier.bias");
    await expect(createTrainStep(options)).rejects.toThrow("The weights lack classifier.bias of [2]");
  }
});

test("a live session asks only for the feeds of the outputs that it was opened for", async () => {
  const masked: AttachedHead = {
    name: "masked-lm",
    kind: "masked-lm",
    scope: "cls.predictions",
    labels: [],
    features: "hidden",
  };
  const graph = buildModel(small, { pooler: false, heads: [masked, tags] });
  const weights = initialWeights(graph, 1);
  await using session = await LiveSession.open(host, graph, ["tags"], () => weights);
  const { input_ids, token_type_ids, attention_mask } = tinyFeeds();
  const { tags: logits } = await session.run({ input_ids, token_type_ids, attention_mask }, ["tags"]);
  expect(logits.dims).toEqual([8, 24, 2]);
});
