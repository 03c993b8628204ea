/**
 * The step on the host, with the real ONNX Runtime: micro-batches, dropout, states, and losses that are not numbers.
 */
import { expect, test } from "vitest";
import { interpret } from "@cloze/core";
import type { Operand } from "@cloze/core";
import { adamW, createTrainStep, dropoutSeeds, initialWeights } from "@cloze/train";
import type { TrainStep } from "@cloze/train";
import { nodeRuntime } from "@cloze/train/node";
import { tinyFeeds, tinyGraph } from "./tiny.ts";

async function makeStep(dropout: boolean, seed = 1): Promise<TrainStep> {
  const graph = tinyGraph(dropout);
  const weights = initialWeights(graph, 1);
  return createTrainStep({
    runtime: nodeRuntime({ threads: 1 }),
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
