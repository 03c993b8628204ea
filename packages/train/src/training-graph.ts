/**
 * The graph that is trained: the model that serves, its losses, and their gradients.
 */
import { buildModel, GraphBuilder } from "@cloze/core";
import type { AttachedHead, BertConfig, Graph } from "@cloze/core";
import { grad } from "./grad.ts";
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
