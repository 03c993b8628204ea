/**
 * The step that stays on a device: losses, gradients, clipping and the optimizer in one graph, whose outputs are the
 * weights and slots of the next step. Only the batch goes to the device, with weights that are not trained, and only
 * losses come back.
 */
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { ClozeError, GraphBuilder } from "@cloze/core";
import type { FloatTensor, Graph } from "@cloze/core";
import { toTrainingOnnx } from "@cloze/runtime/onnx";
import { gradientName } from "../grad.ts";
import { decays } from "../optimizer.ts";
import type { Batch, StepReport, TrainState, TrainStep } from "../train-step.ts";
import { LOSS, lossesOf, lossNames, parametersOf, trainedOf } from "../training-graph.ts";
import { sumAll } from "../vjp/rule.ts";
import { numberOf, toTensor, toTensors } from "./runtime.ts";
import type { StepOptions } from "./step.ts";
import { dropoutSeeds } from "./step.ts";

const NORM = "norm";
const [RATE, PACE, FLOOR] = ["rate", "pace", "floor"];
const next = (name: string): string => `next.${name}`;
const slotName = (slot: string, parameter: string): string => `${slot}.${parameter}`;

export class DeviceStep implements TrainStep {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly #options: StepOptions;
  readonly #session: InferenceSession;
  /** What reads tensors back from the device: `getData` of one ends the process in onnxruntime-node 1.30. */
  readonly #reader: InferenceSession;
  /** Weights and slots: on the device from the first step on. */
  #held: Record<string, Tensor> = {};
  #steps = 0;

  private constructor(options: StepOptions, session: InferenceSession, reader: InferenceSession) {
    this.#options = options;
    this.#session = session;
    this.#reader = reader;
    this.shapes = parametersOf(options.graph);
  }

  static async create(options: StepOptions): Promise<DeviceStep> {
    const { runtime, weights, optimizer, graph } = options;
    const whole = wholeStep(options);
    const kept = [...whole.outputs.keys()].filter((name) => name.startsWith(next("")));
    const session = await runtime.open(toTrainingOnnx(whole), kept);
    const step = new DeviceStep(options, session, await runtime.open(toTrainingOnnx(copies(whole))));
    const slots = Object.fromEntries(
      optimizer.slots.map((slot) => [
        slot,
        new Map(trainedOf(graph).map((name) => [name, new Float32Array(weights.get(name)!.length)])),
      ]),
    );
    await step.restore({ steps: 0, weights, slots });
    return step;
  }

  async run({ feeds }: Batch, rate: number): Promise<StepReport> {
    const { runtime, seed, graph, optimizer } = this.#options;
    if (feeds.length !== 1)
      throw new ClozeError(
        "invalid-option",
        "A step on a device takes a batch at once: make batches of one micro-batch.",
      );
    const at = this.#steps + 1;
    const { pace, floor } = optimizer.constants(at);
    const inputs = toTensors(runtime, {
      ...feeds[0],
      ...dropoutSeeds(seed, this.#steps, 0),
      [RATE]: scalar(rate),
      [PACE]: scalar(pace),
      [FLOOR]: scalar(floor),
    });
    const asked = new Set(this.#session.inputNames);
    const results = await this.#session.run(
      Object.fromEntries(Object.entries({ ...inputs, ...this.#held }).filter(([name]) => asked.has(name))),
    );
    const found = new Map<string, number>();
    for (const name of lossNames(graph)) found.set(name, await numberOf(results[name]));
    const norm = await numberOf(results[NORM]);
    const loss = found.get(LOSS)!;
    const good = Number.isFinite(loss) && Number.isFinite(norm);
    for (const [name, tensor] of Object.entries(results)) {
      if (!name.startsWith(next(""))) continue;
      const old = good ? this.#held[name.slice(next("").length)] : tensor;
      if (good) this.#held[name.slice(next("").length)] = tensor;
      if (old.location === "gpu-buffer") old.dispose();
    }
    if (good) this.#steps = at;
    return { loss, losses: lossesOf(found), norm };
  }

  async state(): Promise<TrainState> {
    const read = this.#reader.inputNames.filter((name) => this.#held[name].location === "gpu-buffer");
    const results =
      read.length === 0
        ? {}
        : await this.#reader.run(
            Object.fromEntries(this.#reader.inputNames.map((name) => [name, this.#held[name]])),
          );
    const numbers = (name: string): Float32Array =>
      (results[next(name)] ?? this.#held[name]).data as Float32Array;
    const { graph, optimizer } = this.#options;
    const trained = trainedOf(graph);
    return {
      steps: this.#steps,
      weights: new Map(
        [...this.shapes.keys()].flatMap((name) => (name in this.#held ? [[name, numbers(name)]] : [])),
      ),
      slots: Object.fromEntries(
        optimizer.slots.map((slot) => [
          slot,
          new Map(trained.map((name) => [name, numbers(slotName(slot, name))])),
        ]),
      ),
    };
  }

  async restore({ steps, weights, slots }: TrainState): Promise<void> {
    const { runtime } = this.#options;
    const hold = (key: string, name: string, data: Float32Array): void => {
      const old = this.#held[key];
      if (old?.location === "gpu-buffer") old.dispose();
      const dims = this.shapes.get(name)!;
      this.#held[key] = toTensor(runtime.Tensor, { type: "float32", dims, data: data.slice() });
    };
    for (const name of this.shapes.keys()) if (weights.has(name)) hold(name, name, weights.get(name)!);
    for (const [slot, numbers] of Object.entries(slots))
      for (const [name, data] of numbers) hold(slotName(slot, name), name, data);
    this.#steps = steps;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tensor of Object.values(this.#held)) if (tensor.location === "gpu-buffer") tensor.dispose();
    await this.#session.release();
    await this.#reader.release();
  }
}

function scalar(x: number): FloatTensor {
  return { type: "float32", dims: [], data: Float32Array.of(x) };
}

/** The training graph with clipping and the optimizer behind it. */
function wholeStep({ graph, optimizer, clip, factorOf = () => 1 }: StepOptions): Graph {
  const losses = lossNames(graph).map((name) => [name, graph.outputs.get(name)!] as const);
  const g = GraphBuilder.from({ ...graph, outputs: new Map(losses) });
  const trained = trainedOf(graph);
  const gradients = trained.map((name) => graph.outputs.get(gradientName(name))!);
  const norm = g.sqrt(
    gradients.map((gradient) => sumAll(g, g.multiply(gradient, gradient))).reduce((a, b) => g.add(a, b)),
  );
  g.output(NORM, norm);
  // min(1, clip / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_ has it; min(1, x) = 1 - relu(1 - x).
  const share = g.divide(g.constant(clip), g.add(norm, g.constant(1e-6)));
  const scale = g.subtract(g.constant(1), g.relu(g.subtract(g.constant(1), share)));
  const [rate, pace, floor] = [RATE, PACE, FLOOR].map((name) => g.input(name, [], "float32"));
  const shapes = parametersOf(graph);
  for (const [i, name] of trained.entries()) {
    const slots = optimizer.slots.map((slot) => g.parameter(slotName(slot, name), shapes.get(name)!));
    const factor = factorOf(name);
    const updated = optimizer.express(g, g.parameter(name, shapes.get(name)!), gradients[i], slots, {
      rate: factor === 1 ? rate : g.multiply(rate, g.constant(factor)),
      pace,
      floor,
      decay: decays(name),
      scale,
    });
    g.output(next(name), updated.weight);
    for (const [nth, slot] of optimizer.slots.entries())
      g.output(next(slotName(slot, name)), updated.slots[nth]);
  }
  return g.build();
}

/** A graph that gives back what a step holds. */
function copies(whole: Graph): Graph {
  const g = new GraphBuilder();
  for (const [name, shape] of parametersOf(whole)) {
    if (whole.outputs.has(next(name)))
      g.output(next(name), g.multiply(g.parameter(name, shape), g.constant(1)));
  }
  return g.build();
}
