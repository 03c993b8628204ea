/**
 * A head that came after its encoder: computed in plain JS from outputs that any session gives. The forward pass is
 * the same one that stands in a model's graph; only its inputs come from a run in place of from nodes.
 */
import { ClozeError } from "../errors.ts";
import { namesOf } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import type { Operand } from "../graph/operators.ts";
import type { BertConfig } from "../model/config.ts";
import type { Plugin } from "../plugin.ts";
import { MASKED_POSITIONS } from "../session.ts";
import type { Feeds, FloatTensor, RunOptions, Session } from "../session.ts";
import { buildHead } from "./index.ts";

/** A head's description and its weights, by their names in `head.safetensors`. */
export interface HeadWeights {
  readonly plugin: Plugin;
  readonly weights: ReadonlyMap<string, Operand>;
}

/**
 * A session that has one more head than another. Closing it closes the other.
 *
 * @example
 * const head = await openPlugin("plugins/moods");
 * const more = new AttachedSession(session, config, head);
 * const { moods } = await more.run(feeds, ["moods"]);
 * moods.dims; // [1, 2]
 */
export class AttachedSession implements Session {
  readonly outputs: readonly string[];
  readonly #session: Session;
  readonly #head: (read: ReadonlyMap<string, Operand>, outputs: readonly string[]) => Map<string, Operand>;
  readonly #reads: readonly string[];
  readonly #gives: ReadonlySet<string>;

  /** @throws ClozeError `invalid-plugin` where the weights are not what the head asks for. */
  constructor(session: Session, config: BertConfig, { plugin, weights }: HeadWeights) {
    const graph = buildHead(config, plugin);
    const parameters = new Map<string, Operand>();
    const own = `${plugin.scope}.`;
    const names = namesOf(graph.parameters);
    const shared = names.find((name) => !name.startsWith(own));
    if (shared !== undefined)
      throw new ClozeError(
        "invalid-plugin",
        `The plugin ${plugin.name} shares ${shared} with its encoder, which is out of reach: put it in its model's plugins ` +
          'folder, or give it weights of its own and "tied": false.',
      );
    for (const [i, name] of names.entries()) {
      const { shape } = graph.parameters[i];
      const tensor = weights.get(name.slice(own.length));
      if (tensor?.dims.join() !== shape.join())
        throw new ClozeError(
          "invalid-plugin",
          `The plugin ${plugin.name} needs ${name.slice(own.length)} of [${shape.join()}] in its weights, ` +
            `but has ${tensor ? `[${tensor.dims.join()}]` : "none"}: make it again.`,
        );
      parameters.set(name, tensor);
    }
    this.#session = session;
    this.#gives = new Set(graph.outputs.keys());
    this.outputs = session.outputs.length === 0 ? [] : [...session.outputs, ...this.#gives];
    this.#reads = namesOf(graph.inputs);
    const lacking = this.#reads.find((name) => name !== MASKED_POSITIONS && !session.outputs.includes(name));
    if (session.outputs.length > 0 && lacking !== undefined)
      throw new ClozeError(
        "invalid-plugin",
        `The plugin ${plugin.name} reads ${lacking}, which this model does not give: use a model that does.`,
      );
    this.#head = (read, outputs) => interpret(graph, new Map([...read, ...parameters]), { outputs });
  }

  get tokensPerRun(): number {
    return this.#session.tokensPerRun;
  }

  paddedLength(length: number): number {
    return this.#session.paddedLength(length);
  }

  async run(
    feeds: Feeds,
    outputs: readonly string[],
    options?: RunOptions,
  ): Promise<Record<string, FloatTensor>> {
    const own = outputs.filter((name) => this.#gives.has(name));
    const others = outputs.filter((name) => !this.#gives.has(name));
    if (own.length === 0) return this.#session.run(feeds, others, options);
    const fed = new Map<string, Operand>(); // kept: the session may give the feeds' buffers away
    for (const name of this.#reads)
      if (name in feeds) fed.set(name, { dims: feeds[name].dims, data: feeds[name].data.slice() });
    const asked = this.#reads.filter((name) => !fed.has(name));
    const results = await this.#session.run(feeds, [...new Set([...others, ...asked])], options);
    for (const name of asked) fed.set(name, results[name]);
    for (const [name, { dims, data }] of this.#head(fed, own))
      results[name] = { type: "float32", dims, data: Float32Array.from(data) };
    return results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
