/**
 * The side of Cloze in `train.mjs`: pre-training steps of a preset on random batches, as tests/reference/train_speed.py
 * has them for PyTorch. Prints one line when it is ready; for each line `go N` runs N steps and says what they took.
 *
 *   node tests/bench/train-cloze.mjs PRESET DROPOUT THREADS
 */
import { createInterface } from "node:readline";
import { parsePlugin, presets } from "@cloze/core";
import { adamW, buildTrainingGraph, createTrainStep, initialWeights } from "@cloze/train";
import { nodeRuntime } from "@cloze/train/node";

const [preset, dropout, threads] = process.argv.slice(2);
const [ROWS, LENGTH, MASKS, MICRO] = [32, 128, 20, 8];
const rate = Number(dropout);
const minilm = { ...presets.mini, hiddenSize: 384, layers: 6, heads: 12, intermediateSize: 1536 };
const config = {
  ...(preset === "minilm-l6" ? minilm : presets[preset]),
  dropout: { hidden: rate, attention: rate, classifier: rate },
};
const head = (kind, scope, more) => ({
  ...parsePlugin(JSON.stringify({ name: kind, kind, ...more })),
  scope,
});
const heads = [
  head("masked-lm", "cls.predictions", { features: "hidden" }),
  head("next-sentence", "cls.seq_relationship", { labels: ["next", "random"], features: "pooler" }),
];
const graph = buildTrainingGraph({ config, heads });
await using step = await createTrainStep({
  runtime: nodeRuntime({ threads: Number(threads) }),
  graph,
  weights: initialWeights(graph, 1),
  optimizer: adamW(),
  clip: 1,
  seed: 1,
});

const below = (n) => Math.floor(Math.random() * n);
const whole = (dims, make) => ({ type: "int32", dims, data: Int32Array.from({ length: size(dims) }, make) });
const shares = (dims, share) => ({ type: "float32", dims, data: new Float32Array(size(dims)).fill(share) });
const size = (dims) => dims.reduce((a, b) => a * b, 1);
const feeds = () => ({
  input_ids: whole([MICRO, LENGTH], () => 1000 + below(29_000)),
  token_type_ids: whole([MICRO, LENGTH], (_, i) => Number(i % LENGTH > 60)),
  attention_mask: shares([MICRO, LENGTH], 1),
  masked_positions: whole([MICRO, MASKS], (_, i) => 1 + 6 * (i % MASKS)),
  "masked-lm.labels": whole([MICRO, MASKS], () => 1000 + below(29_000)),
  "masked-lm.weights": shares([MICRO, MASKS], 1 / (ROWS * MASKS)),
  "next-sentence.labels": whole([MICRO], () => below(2)),
  "next-sentence.weights": shares([MICRO], 1 / ROWS),
});
const batches = Array.from({ length: 8 }, () => ({
  feeds: Array.from({ length: ROWS / MICRO }, feeds),
  tokens: ROWS * LENGTH,
}));

let done = 0;
async function run(steps) {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let fastest = Infinity;
  let loss = 0;
  for (let i = 0; i < steps; i++) {
    const from = performance.now();
    ({ loss } = await step.run(batches[done++ % batches.length], 1e-4));
    fastest = Math.min(fastest, (performance.now() - from) / 1000);
  }
  const { user, system } = process.cpuUsage(cpu);
  return {
    steps,
    wallSeconds: (performance.now() - begun) / 1000,
    cpuSeconds: (user + system) / 1e6,
    fastestStepSeconds: fastest,
    peakRssMB: process.resourceUsage().maxRSS / 1024,
    loss,
  };
}

await run(2);
console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await run(Number(line.split(" ")[1]))));
