/**
 * Fitting a head to features that do not change: the head's own graph with its loss and their gradients, run by the
 * interpreter. That takes a quarter of a second for 5,000 rows of 1,536 numbers, and needs no runtime: it is the same in
 * Node, in a browser and at the edge. Where features come from is left to `features.ts`.
 */
import { buildHead, GraphBuilder, interpret, throwIfAborted } from "@cloze/core";
import type { Abort, AttachedHead, BertConfig, Feeds, Graph, Operand } from "@cloze/core";
import { grad, gradientName } from "../grad.ts";
import { losses } from "../losses.ts";
import { adamW, clipScale, decays, gradientNorm } from "../optimizer.ts";
import { purposes, Random } from "../random.ts";
import type { Numbers } from "../train-step.ts";
import { LOSS, parametersOf } from "../training-graph.ts";
import { featuresOf } from "./features.ts";
import type { FeatureTable } from "./features.ts";

/** Features with what is right for them. */
export interface Examples {
  readonly features: FeatureTable;
  /** Rows of an example: 1, or as many as a question has choices, one behind the other. */
  readonly rowsEach: number;
  /** What each example counts. */
  readonly counts: Float32Array;
  /**
   * The feeds of the loss.
   *
   * @param length To which rows of tokens are filled up.
   * @param scale What all weights are multiplied by, so that they sum to 1.
   */
  labels(examples: readonly number[], length: number, scale: number): Feeds;
}

/** How a head is fitted. */
export interface FitOptions {
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  /** The share of a weight that goes at each update, times the rate. */
  readonly weightDecay: number;
  /** After how many epochs without a lower loss on the examples held out it ends. */
  readonly patience: number;
  readonly seed: number;
  readonly labelSmoothing?: number | undefined;
  readonly signal?: Abort | undefined;
  /** Told of each epoch. */
  readonly onEpoch?: ((epoch: FittedEpoch) => void) | undefined;
}

/** What one epoch came to. */
export interface FittedEpoch {
  readonly epoch: number;
  /** The mean loss of its batches, each before its update. */
  readonly loss: number;
  /** The loss of the examples held out. */
  readonly devLoss: number;
  /** The norm of the last batch's gradients. */
  readonly norm: number;
  readonly weightDecay: number;
}

/** A head with the weights of its best epoch. */
export interface FittedHead {
  /** By their names in the graph. */
  readonly weights: Numbers;
  readonly epoch: number;
  readonly devLoss: number;
}

/** Examples that are judged at a time. */
const JUDGED = 256;

/**
 * Fits a head: AdamW on mini-batches, the epoch with the lowest loss on `dev` kept. Weights begin at zero: a linear
 * head has no symmetry to break.
 */
export async function fitHead(
  config: BertConfig,
  head: AttachedHead,
  train: Examples,
  dev: Examples,
  options: FitOptions,
): Promise<FittedHead> {
  const { epochs, batch, rate, weightDecay, patience, seed, signal, onEpoch } = options;
  const graph = headGraph(config, head, train.rowsEach, options.labelSmoothing);
  const optimizer = adamW({ weightDecay });
  const parameters = [...parametersOf(graph)].map(([name, dims]) => {
    const size = dims.reduce((a, b) => a * b, 1);
    const [data, ...slots] = [0, ...optimizer.slots].map(() => new Float32Array(size));
    return { name, dims, data, slots };
  });
  const weights = new Map<string, Operand>(parameters.map(({ name, dims, data }) => [name, { dims, data }]));
  const asked = [LOSS, ...parameters.map(({ name }) => gradientName(name))];
  const count = train.counts.length;
  const batches = Math.ceil(count / batch);

  let best: FittedHead | undefined;
  for (let epoch = 1, step = 0; epoch <= epochs; epoch++) {
    await new Promise<void>((resolve) => setTimeout(resolve)); // others have their turn, and may give up
    throwIfAborted(signal);
    const order = new Random(seed, purposes.order, epoch).permutation(count);
    let loss = 0;
    let norm = 0;
    for (let at = 0; at < count; at += batch) {
      const fed = feed(train, Array.from(order.subarray(at, at + batch)));
      const found = interpret(graph, new Map([...fed, ...weights]), { outputs: asked });
      loss += found.get(LOSS)!.data[0] / batches;
      const gradients = parameters.map(({ name }) => Float32Array.from(found.get(gradientName(name))!.data));
      norm = gradientNorm(gradients);
      const scale = clipScale(norm, 1);
      step++;
      for (const [i, { name, data, slots }] of parameters.entries())
        optimizer.update(data, gradients[i], slots, { rate, step, decay: decays(name), scale });
    }
    const devLoss = judge(graph, dev, weights);
    onEpoch?.({ epoch, loss, devLoss, norm, weightDecay });
    if (best === undefined || devLoss < best.devLoss)
      best = { weights: new Map(parameters.map(({ name, data }) => [name, data.slice()])), epoch, devLoss };
    else if (epoch - best.epoch >= patience) break;
  }
  return best!; // there is at least one epoch
}

/** The head's graph with its loss and their gradients. */
function headGraph(config: BertConfig, head: AttachedHead, choices: number, smoothing?: number): Graph {
  const built = buildHead(config, head);
  const g = GraphBuilder.from({ ...built, outputs: new Map() });
  g.output(LOSS, losses[head.kind](g, head.name, built.outputs.get(head.name)!, { choices, smoothing }));
  return grad(g.build(), LOSS);
}

/** The loss of all examples. */
function judge(graph: Graph, examples: Examples, weights: ReadonlyMap<string, Operand>): number {
  const { counts } = examples;
  let sum = 0;
  let total = 0;
  for (let at = 0; at < counts.length; at += JUDGED) {
    const places = Array.from({ length: Math.min(JUDGED, counts.length - at) }, (_, i) => at + i);
    const share = countOf(examples, places);
    const fed = feed(examples, places);
    sum += share * interpret(graph, new Map([...fed, ...weights]), { outputs: [LOSS] }).get(LOSS)!.data[0];
    total += share;
  }
  return sum / total;
}

/** What the graph reads of some examples. */
function feed(examples: Examples, places: readonly number[]): Map<string, Operand> {
  const { features, rowsEach } = examples;
  const { starts } = features;
  const rows = places.flatMap((place) => Array.from({ length: rowsEach }, (_, i) => place * rowsEach + i));
  const length = starts ? Math.max(...rows.map((row) => starts[row + 1] - starts[row])) : 1;
  const scale = 1 / (countOf(examples, places) || 1); // none of a batch may count
  return new Map([
    ...featuresOf(features, rows, length),
    ...Object.entries<Operand>(examples.labels(places, length, scale)),
  ]);
}

function countOf({ counts }: Examples, places: readonly number[]): number {
  return places.reduce((sum, place) => sum + counts[place], 0);
}
