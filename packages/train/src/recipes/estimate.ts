/**
 * What training costs, before it is paid: operations, memory, the machine's peak, the time of a step.
 */
import { flopsPerToken, GraphBuilder } from "@cloze/core";
import type { BertConfig, Feeds } from "@cloze/core";
import { toTrainingOnnx } from "@cloze/runtime/onnx";
import { toTensor } from "../ort/runtime.ts";
import type { TrainRuntime } from "../ort/runtime.ts";
import type { TrainStep } from "../train-step.ts";

/** Backward takes two products for each one of the forward pass: by the inputs, and by the weights. */
const PASSES = 3;

/**
 * Floating-point operations of training on one token: the encoder's, and those of the masked words' head, of which a
 * token is a share.
 *
 * @param masks The share of tokens that go through the head on masked words.
 * @example
 * trainingFlops(presets.tiny, 128, 0.15); // 6_283_392
 */
export function trainingFlops(config: BertConfig, length: number, masks = 0): number {
  const { hiddenSize: H, vocabularySize: V } = config;
  return PASSES * (flopsPerToken(config, length).total + masks * 2 * H * (V + H));
}

/**
 * Bytes that stay while a model is trained on the CPU: weights, gradients, what the optimizer remembers, and where a
 * batch has several micro-batches, the gradients of one of them.
 */
export function trainingMemory(parameters: number, slots: number, microBatches: number): number {
  return 4 * parameters * (2 + slots + (microBatches > 1 ? 1 : 0));
}

const [ROWS, WIDTH] = [512, 1024];
const TRIES = 6;

/**
 * The machine's peak, floating-point operations a second: the fastest of a few products of matrices that fit its
 * caches. It takes about a tenth of a second.
 */
export async function measurePeak(runtime: TrainRuntime): Promise<number> {
  const g = new GraphBuilder();
  const product = g.linear(
    g.input("x", [ROWS, WIDTH], "float32"),
    g.parameter("w", [WIDTH, WIDTH]),
    g.parameter("b", [WIDTH]),
  );
  g.output("sum", g.sum(g.sum(product, 1), 0)); // a number: nothing large travels
  const session = await runtime.open(toTrainingOnnx(g.build()));
  try {
    const tensor = (dims: readonly number[]) =>
      toTensor(runtime.Tensor, {
        type: "float32",
        dims,
        data: new Float32Array(dims.reduce((a, b) => a * b)).fill(0.5),
      });
    const feeds = { x: tensor([ROWS, WIDTH]), w: tensor([WIDTH, WIDTH]), b: tensor([WIDTH]) };
    let best = Infinity;
    for (let nth = 0; nth < TRIES; nth++) {
      const start = performance.now();
      await session.run(feeds);
      best = Math.min(best, performance.now() - start);
    }
    return (2 * ROWS * WIDTH * WIDTH) / (best / 1000);
  } finally {
    await session.release();
  }
}

/** A trial that takes so long, in seconds, is not repeated: what comes with the first time is little beside it. */
const LONG_TRIAL = 1;

/**
 * How long a step of so many micro-batches takes, in seconds: measured on steps of one and of two, each tried before
 * if that is quick. The step's weights change.
 */
export async function timeStep(step: TrainStep, micro: Feeds, microBatches: number): Promise<number> {
  const time = async (count: number): Promise<number> => {
    const start = performance.now();
    await step.run({ feeds: Array.from({ length: count }, () => micro), tokens: 0 }, 0);
    return (performance.now() - start) / 1000;
  };
  const measure = async (count: number): Promise<number> => {
    const first = await time(count);
    return first > LONG_TRIAL ? first : time(count);
  };
  const one = await measure(1);
  if (microBatches === 1) return one;
  return one + (microBatches - 1) * Math.max((await measure(2)) - one, 0);
}
