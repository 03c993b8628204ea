/**
 * The step whose weights stay with the program: ONNX Runtime computes losses and gradients, and the optimizer updates
 * the weights where they are. Nothing is copied: the runtime reads the weights and writes the gradients in place.
 */
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { ClozeError } from "@cloze/core";
import { toTrainingOnnx } from "@cloze/runtime/onnx";
import { gradientName } from "../grad.ts";
import { clipScale, decays, gradientNorm } from "../optimizer.ts";
import type { Batch, Numbers, StepReport, TrainState, TrainStep } from "../train-step.ts";
import { LOSS, lossesOf, lossNames, parametersOf, trainedOf } from "../training-graph.ts";
import { numberOf, toTensor, toTensors } from "./runtime.ts";
import type { StepOptions } from "./step.ts";
import { dropoutSeeds } from "./step.ts";

/** What is known of one parameter. */
interface Parameter {
  readonly name: string;
  readonly weight: Float32Array;
  readonly gradient: Float32Array;
  readonly slots: readonly Float32Array[];
  readonly factor: number;
}

export class HostStep implements TrainStep {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly #options: StepOptions;
  readonly #session: InferenceSession;
  readonly #parameters: readonly Parameter[];
  readonly #weights: Record<string, Tensor> = {};
  readonly #gradients: Record<string, Tensor> = {};
  /** What micro-batches after the first write their gradients to; made when there is a second. */
  #further: Map<string, Float32Array> | undefined;
  #steps = 0;

  private constructor(options: StepOptions, session: InferenceSession) {
    const { graph, weights, runtime, optimizer, factorOf = () => 1 } = options;
    this.#options = options;
    this.#session = session;
    this.shapes = parametersOf(graph);
    const inputs = new Set(session.inputNames);
    for (const [name, dims] of this.shapes)
      if (inputs.has(name))
        this.#weights[name] = toTensor(runtime.Tensor, { type: "float32", data: weights.get(name)!, dims });
    this.#parameters = trainedOf(graph).map((name) => {
      const weight = weights.get(name)!;
      const [gradient, ...slots] = [0, ...optimizer.slots].map(() => new Float32Array(weight.length));
      return { name, weight, gradient, slots, factor: factorOf(name) };
    });
    for (const { name, gradient } of this.#parameters)
      this.#gradients[gradientName(name)] = this.#tensor(name, gradient);
  }

  static async create(options: StepOptions): Promise<HostStep> {
    return new HostStep(options, await options.runtime.open(toTrainingOnnx(options.graph)));
  }

  async run({ feeds }: Batch, rate: number): Promise<StepReport> {
    const { optimizer, clip, runtime, seed, graph } = this.#options;
    if (feeds.length === 0)
      throw new ClozeError("invalid-option", "The batch is empty: give it one micro-batch at least.");
    const names = lossNames(graph);
    const found = new Map<string, number>(names.map((name) => [name, 0]));
    for (const [i, feed] of feeds.entries()) {
      const results = await this.#session.run(
        {
          ...toTensors(runtime, this.#asked({ ...feed, ...dropoutSeeds(seed, this.#steps, i) })),
          ...this.#weights,
        },
        {
          ...Object.fromEntries(names.map((name) => [name, null])),
          ...(i === 0 ? this.#gradients : this.#others()),
        },
      );
      for (const name of names) found.set(name, found.get(name)! + (await numberOf(results[name])));
      if (i > 0)
        for (const { name, gradient } of this.#parameters) addTo(gradient, this.#further!.get(name)!);
    }
    const norm = gradientNorm(this.#parameters.map(({ gradient }) => gradient));
    const loss = found.get(LOSS)!;
    if (Number.isFinite(loss) && Number.isFinite(norm)) {
      const step = ++this.#steps;
      const scale = clipScale(norm, clip);
      for (const { name, weight, gradient, slots, factor } of this.#parameters)
        optimizer.update(weight, gradient, slots, { rate: rate * factor, step, decay: decays(name), scale });
    }
    return { loss, losses: lossesOf(found), norm };
  }

  async state(): Promise<TrainState> {
    const { optimizer, weights } = this.#options;
    const slot = (nth: number): Numbers =>
      new Map(this.#parameters.map(({ name, slots }) => [name, slots[nth]]));
    return {
      steps: this.#steps,
      weights,
      slots: Object.fromEntries(optimizer.slots.map((name, nth) => [name, slot(nth)])),
    };
  }

  async restore({ steps, weights, slots }: TrainState): Promise<void> {
    for (const [name, weight] of this.#options.weights) weight.set(weights.get(name)!);
    for (const parameter of this.#parameters)
      for (const [nth, name] of this.#options.optimizer.slots.entries())
        parameter.slots[nth].set(slots[name].get(parameter.name)!);
    this.#steps = steps;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }

  /** Of a batch's feeds those that the graph reads: one without dropout has no seed. */
  #asked<T>(feeds: Readonly<Record<string, T>>): Record<string, T> {
    const inputs = new Set(this.#session.inputNames);
    return Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name)));
  }

  #others(): Record<string, Tensor> {
    this.#further ??= new Map(
      this.#parameters.map(({ name, gradient }) => [name, new Float32Array(gradient.length)]),
    );
    return Object.fromEntries(
      [...this.#further].map(([name, data]) => [gradientName(name), this.#tensor(name, data)]),
    );
  }

  #tensor(name: string, data: Float32Array): Tensor {
    return toTensor(this.#options.runtime.Tensor, { type: "float32", data, dims: this.shapes.get(name)! });
  }
}

function addTo(sum: Float32Array, other: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += other[i];
}
