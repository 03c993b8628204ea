/**
 * What examples of training may use: a model that is small enough to be trained in an instant, and batches for it.
 */
import { presets } from "@cloze/core";
import type { Plugin, Tokenizer } from "@cloze/core";
import { adamW, buildTrainingGraph, createTrainStep, initialWeights } from "@cloze/train";
import { PretrainingData, writeTokenStore } from "@cloze/train/corpus/pretraining";
import { nodeRuntime } from "@cloze/train/node";

/** Makes the names. Reads `corpus.txt` in the working folder, and leaves `corpus.tokens` there. */
export async function makeTraining(tokenizer: Tokenizer, plugins: readonly Plugin[]) {
  const config = { ...presets.tiny, hiddenSize: 32, heads: 2, intermediateSize: 64 };
  const own = plugins.filter(({ kind }) => kind === "masked-lm" || kind === "next-sentence");
  const trainingGraph = buildTrainingGraph({ config, heads: own });
  const weights = initialWeights(trainingGraph, 1);
  const runtime = nodeRuntime({ threads: 1 });
  const options = { runtime, graph: trainingGraph, weights, optimizer: adamW(), clip: 1, seed: 1 };
  const step = await createTrainStep(options);
  const store = await writeTokenStore(["corpus.txt"], tokenizer, "corpus.tokens");
  const data = new PretrainingData({ store, tokenizer, seed: 1, batch: 4, length: 32 });
  return {
    names: {
      /** Of pre-training: its losses and their gradients. */
      trainingGraph,
      /** What updates the weights of that graph. */
      step,
      /** A corpus, tokenized. */
      store,
      /** Batches of it, for the step. */
      data,
      /** One of them. */
      batch: await data.next(),
    },
    async [Symbol.asyncDispose]() {
      await step[Symbol.asyncDispose]();
      store[Symbol.dispose]();
    },
  };
}
