/**
 * A session over weights that are still being trained, so that the tasks that serve a model measure it, too.
 */
import type { InferenceSession } from "onnxruntime-common";
import { ClozeError, needed, throwIfAborted } from "@cloze/core";
import type { Feeds, FloatTensor, Graph, RunOptions, Session } from "@cloze/core";
import { toTrainingOnnx } from "@cloze/runtime/onnx";
import type { Numbers } from "../train-step.ts";
import { parametersOf } from "../training-graph.ts";
import type { TrainRuntime } from "./runtime.ts";
import { toTensor, toTensors } from "./runtime.ts";

/**
 * A session over weights that a step updates: each run sees them as they are then. The weights stay the caller's.
 *
 * @example
 * const config = presets.tiny;
 * const graph = buildModel(config, { pooler: true, heads: [plugin] });
 * const weights = initialWeights(graph, 1); // which a step would update
 * await using session = await LiveSession.open(nodeRuntime(), graph, ["sentiment"], () => weights);
 * await new Predictor({ tokenizer, config, plugins: [plugin], session }).classify("a warm film");
 */
export class LiveSession implements Session {
  readonly outputs: readonly string[];
  readonly tokensPerRun = 1024;
  readonly #runtime: TrainRuntime;
  readonly #graph: Graph;
  readonly #session: InferenceSession;
  readonly #weights: () => Numbers;

  private constructor(
    runtime: TrainRuntime,
    graph: Graph,
    session: InferenceSession,
    weights: () => Numbers,
  ) {
    this.#runtime = runtime;
    this.#graph = graph;
    this.#session = session;
    this.#weights = weights;
    this.outputs = [...graph.outputs.keys()];
  }

  /**
   * Opens a serving graph.
   *
   * @param outputs The outputs that will be asked for: all of them are computed at every run.
   * @param weights Gives the weights as they are when a run begins.
   */
  static async open(
    runtime: TrainRuntime,
    graph: Graph,
    outputs: readonly string[],
    weights: () => Numbers,
  ): Promise<LiveSession> {
    const asked = new Map([...graph.outputs].filter(([name]) => outputs.includes(name)));
    // An input of other outputs need not be fed.
    const wanted = [...asked.values()];
    const read = new Set([...wanted, ...needed(graph, wanted).flatMap((node) => node.inputs)]);
    const part = { ...graph, inputs: graph.inputs.filter((input) => read.has(input)), outputs: asked };
    return new LiveSession(runtime, part, await runtime.open(toTrainingOnnx(part)), weights);
  }

  paddedLength(length: number): number {
    return Math.ceil(length / 8) * 8;
  }

  async run(
    feeds: Feeds,
    outputs: readonly string[],
    { signal }: RunOptions = {},
  ): Promise<Record<string, FloatTensor>> {
    throwIfAborted(signal);
    const { Tensor } = this.#runtime;
    const inputs = new Set(this.#session.inputNames);
    const fed = Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name)));
    const all = toTensors(this.#runtime, fed);
    const weights = this.#weights();
    for (const [name, dims] of parametersOf(this.#graph))
      if (inputs.has(name)) all[name] = toTensor(Tensor, { type: "float32", data: weights.get(name)!, dims });
    const results = await this.#session.run(all, [...outputs]);
    return Object.fromEntries(
      outputs.map((name) => {
        const { data, dims } = results[name];
        if (data instanceof Float32Array)
          return [name, { type: "float32", dims, data } satisfies FloatTensor];
        throw new ClozeError("internal", `${name} is not float32.`);
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}
