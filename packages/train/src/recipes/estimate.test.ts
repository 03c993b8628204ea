import { presets } from "@cloze/core";
import { expect, test } from "vitest";
import type { Batch, TrainStep } from "../train-step.ts";
import { timeStep, trainingFlops, trainingMemory } from "./estimate.ts";

test("training takes three times the operations of a forward pass", () => {
  const { hiddenSize: H, vocabularySize: V } = presets.tiny;
  expect(trainingFlops(presets.tiny, 128)).toBe(3 * 2 * (24 * H * H + 4 * 128 * H));
  expect(trainingFlops(presets.tiny, 128, 0.5) - trainingFlops(presets.tiny, 128)).toBe(3 * H * (V + H));
});

test("weights, gradients and two moments stay, and a second gradient where there are micro-batches", () => {
  expect(trainingMemory(1000, 2, 1)).toBe(16_000);
  expect(trainingMemory(1000, 2, 4)).toBe(20_000);
});

test("the time of a step is what one micro-batch takes, and each further one", async () => {
  const [update, micro] = [20, 30]; // milliseconds
  const step = {
    run: async ({ feeds }: Batch) => {
      await new Promise((resolve) => setTimeout(resolve, update + micro * feeds.length));
      return { loss: 0, losses: {}, norm: 0 };
    },
  } as unknown as TrainStep;
  const seconds = await timeStep(step, {}, 11);
  expect(seconds).toBeGreaterThan(0.25);
  expect(seconds).toBeLessThan(0.6);
});
