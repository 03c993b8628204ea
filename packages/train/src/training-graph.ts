/**
 * The graph that is trained: the model that serves, its losses, and their gradients.
 */
import { buildModel, GraphBuilder } from "@cloze/core";
import type { AttachedHead, BertConfig, Graph } from "@cloze/core";
import { grad, gradientName } from "./grad.ts";
import { losses } from "./losses.ts";
import type { LossOptions } from "./losses.ts";

/**
 * The name of a head's own loss among the outputs; `loss` is their sum.
 *
 * @example
 * lossName("sentiment"); // "loss.sentiment"
 */
export function lossName(head: string): string {
  return `${LOSS}.${head}`;
}
export const LOSS = "loss";

/** What is trained. */
export interface TrainingGraphOptions extends LossOptions {
  readonly config: BertConfig;
  /** The heads whose losses are summed. */
  readonly heads: readonly AttachedHead[];
  /** Left to right: each batch brings `causal_bias`. */
  readonly causal?: boolean | undefined;
  /** The parameters that are updated, by name: all by default. */
  readonly trainable?: ((name: string) => boolean) | undefined;
}

/**
 * Builds the training graph of a model: outputs `loss`, `loss.<head>` of each head, and `gradient.<parameter>`.
 *
 * @example
 * const graph = buildTrainingGraph({ config: presets.tiny, heads: [plugin] });
 * graph.outputs.has("loss.sentiment"); // true
 */
export function buildTrainingGraph(options: TrainingGraphOptions): Graph {
  const { config, heads, causal, trainable = () => true } = options;
  const model = buildModel(config, { pooler: true, heads, causal, training: true });
  const g = GraphBuilder.from({ ...model, outputs: new Map() });
  const each = heads.map((head) => losses[head.kind](g, head.name, model.outputs.get(head.name)!, options));
  g.output(
    LOSS,
    each.reduce((sum, loss) => g.add(sum, loss)),
  );
  for (const [i, { name }] of heads.entries()) g.output(lossName(name), each[i]);
  const graph = g.build();
  const wanted = graph.parameters.flatMap(({ source }) =>
    "name" in source && trainable(source.name) ? [source.name] : [],
  );
  return grad(graph, LOSS, wanted);
}

/** The shapes of a graph's parameters. */
export function parametersOf(graph: Pick<Graph, "parameters">): Map<string, readonly number[]> {
  return new Map(
    graph.parameters.map(({ source, shape }) => ["name" in source ? source.name : "", shape.map(Number)]),
  );
}

/** The outputs that are losses: the sum, and each head's. */
export function lossNames(graph: Graph): string[] {
  return [...graph.outputs.keys()].filter((name) => name === LOSS || name.startsWith(`${LOSS}.`));
}

/** The parameters that a training graph has gradients of, by name. */
export function trainedOf(graph: Graph): string[] {
  return [...parametersOf(graph).keys()].filter((name) => graph.outputs.has(gradientName(name)));
}

/** Each head's loss, by the head's name, from all losses by their outputs' names. */
export function lossesOf(found: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(
    [...found].flatMap(([name, loss]) => (name === LOSS ? [] : [[name.slice(LOSS.length + 1), loss]])),
  );
}
