import { collate, presets } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { adamW, buildTrainingGraph, createTrainStep, initialWeights } from "@cloze/train";
import { nodeRuntime } from "@cloze/train/node";

await using bert = await load("packages/starter/model");
const heads = bert.plugins.filter(({ name }) => name === "sentiment");

const graph = buildTrainingGraph({ config: presets.tiny, heads });
const weights = initialWeights(graph, 1);
const options = { runtime: nodeRuntime(), graph, weights, optimizer: adamW(), clip: 1, seed: 1 };
await using step = await createTrainStep(options);

const rows = ["a warm film", "a dull film"].map((text) => bert.tokenizer.encode(text));
const feeds = {
  ...collate(rows, 8, bert.tokenizer.specials.pad), // [2, 8]
  "sentiment.labels": { type: "int32", dims: [2], data: Int32Array.of(1, 0) },
  "sentiment.weights": { type: "float32", dims: [2], data: Float32Array.of(0.5, 0.5) },
} as const;
const batch = { feeds: [feeds], tokens: 10 };
const { loss } = await step.run(batch, 1e-3);
console.log(loss); // 0.7
for (let i = 0; i < 30; i++) await step.run(batch, 1e-3);
console.log((await step.run(batch, 1e-3)).loss < 0.1); // true
