/**
 * For tests of programs that use Cloze: a whole model small enough to be made in a moment, in plain JS, and a session
 * that says what a test wants it to say. Nothing here reads a file or needs a runtime.
 */
import { throwIfAborted } from "../abort.ts";
import { ClozeError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { product } from "../graph/rules.ts";
import type { Operand } from "../graph/rules.ts";
import { buildModel, checkPlugin } from "../heads/index.ts";
import type { BertConfig } from "../model/config.ts";
import { Predictor } from "../predictor.ts";
import { parsePlugin } from "../plugin.ts";
import type { Feeds, FloatTensor, RunOptions, Session } from "../session.ts";
import { Tokenizer, Vocabulary } from "../tokenizer/index.ts";

/**
 * A session that runs a graph in plain JS: exact, and slow for anything but small models.
 *
 * @example
 * const graph = buildModel({ ...presets.tiny, vocabularySize: 50 }, { pooler: true, heads: [] });
 * const session = new InterpretedSession(graph, randomWeights(graph, 1));
 * session.outputs.includes("pooler_output"); // true
 */
export class InterpretedSession implements Session {
  readonly outputs: readonly string[];
  readonly tokensPerRun = 256;
  readonly #graph: Graph;
  readonly #weights: ReadonlyMap<string, Operand>;
  #disposed = false;

  constructor(graph: Graph, weights: ReadonlyMap<string, Operand>) {
    this.#graph = graph;
    this.#weights = weights;
    this.outputs = [...graph.outputs.keys()];
  }

  paddedLength(length: number): number {
    return length;
  }

  async run(
    feeds: Feeds,
    outputs: readonly string[],
    { signal }: RunOptions = {},
  ): Promise<Record<string, FloatTensor>> {
    if (this.#disposed) throw new ClozeError("disposed", "The model was closed: make it again.");
    throwIfAborted(signal);
    const results = interpret(this.#graph, new Map([...Object.entries(feeds), ...this.#weights]), {
      outputs,
    });
    return Object.fromEntries(
      [...results].map(([name, { dims, data }]) => [
        name,
        { type: "float32", dims, data: Float32Array.from(data) } satisfies FloatTensor,
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
  }
}

/** What a tiny model's heads are called, and what they do. */
const tinyHeads = [
  { name: "masked-lm", kind: "masked-lm", features: "hidden" },
  { name: "next-sentence", kind: "next-sentence", labels: ["next", "random"] },
  { name: "mood", kind: "sequence", labels: ["sad", "glad"] },
  { name: "answers", kind: "span", labels: ["start", "end"], features: "hidden" },
  { name: "names", kind: "token", labels: ["O", "B-PER", "I-PER"], features: "hidden" },
  { name: "choices", kind: "choice", labels: ["choice"] },
];

const letters = Array.from("abcdefghijklmnopqrstuvwxyz");

/** Special pieces, and all that any lower-case English text is made of. */
const tinyPieces = [
  "[PAD] [UNK] [CLS] [SEP] [MASK]".split(" "),
  letters,
  letters.map((letter) => `##${letter}`),
  Array.from("0123456789.,!?'-"),
  "the of is film good bad who paris".split(" "),
].flat();

/** What the tiny model is like. */
export interface TinyModelOptions {
  /** The same number gives the same model, everywhere. */
  readonly seed?: number;
  readonly pieces?: readonly string[];
  readonly config?: Partial<BertConfig>;
  /** Objects as in `plugin.json`; by default one head of each task. */
  readonly heads?: readonly object[];
}

/**
 * A BERT of two layers with random weights and a head for every task, in plain JS: what it says means nothing, but it
 * is always the same and of the right form.
 *
 * @example
 * const bert = tinyModel();
 * const { label } = await bert.classify("a good film"); // "sad": no better than chance, and always the same
 */
export function tinyModel(options: TinyModelOptions = {}): Predictor {
  const { seed = 1, pieces = tinyPieces, heads = tinyHeads } = options;
  const config: BertConfig = {
    vocabularySize: pieces.length,
    hiddenSize: 16,
    layers: 2,
    heads: 2,
    intermediateSize: 32,
    maxPositions: 64,
    segmentTypes: 2,
    activation: "gelu",
    layerNormEpsilon: 1e-12,
    dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 },
    ...options.config,
  };
  const plugins = heads.map((head) => parsePlugin(JSON.stringify(head)));
  for (const plugin of plugins) checkPlugin(plugin);
  const graph = buildModel(config, { pooler: true, heads: plugins });
  const session = new InterpretedSession(graph, randomWeights(graph, seed));
  return new Predictor({ tokenizer: new Tokenizer(Vocabulary.of(pieces)), session, config, plugins });
}

/**
 * Weights for every parameter of a graph, wide enough that no two texts look alike: scales of layer norms about 1, all
 * else about 0.
 *
 * @example
 * const graph = buildHead(presets.tiny, plugin);
 * randomWeights(graph, 1).size; // 2: weight and bias
 */
export function randomWeights(graph: Graph, seed: number): Map<string, Operand> {
  let state = seed >>> 0;
  // Mulberry32: a whole generator in one line of state.
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return new Map(
    graph.parameters.map(({ source, shape }) => {
      const name = "name" in source ? source.name : "";
      const dims = shape.map(Number);
      const center = name.endsWith("LayerNorm.weight") ? 1 : 0;
      const data = Float32Array.from({ length: product(dims) }, () => center + 0.6 * (random() - 0.5));
      return [name, { dims, data }];
    }),
  );
}

/**
 * A session that gives what it is told: one function an output, from the feeds to a tensor's shape and numbers.
 *
 * @example
 * const session = fakeSession({ mood: ({ input_ids: { dims } }) => ({ dims: [dims[0], 2], data: [0, 1] }) });
 */
export function fakeSession(
  outputs: Readonly<Record<string, (feeds: Feeds) => { dims: readonly number[]; data: ArrayLike<number> }>>,
): Session {
  return {
    outputs: Object.keys(outputs),
    tokensPerRun: 512,
    paddedLength: (length) => length,
    async run(feeds, names, { signal } = {}) {
      throwIfAborted(signal);
      return Object.fromEntries(
        names.map((name) => {
          if (!Object.hasOwn(outputs, name))
            throw new ClozeError("invalid-option", `There is no output named ${name}.`);
          const { dims, data } = outputs[name](feeds);
          return [name, { type: "float32", dims, data: Float32Array.from(data) }];
        }),
      );
    },
    async [Symbol.asyncDispose]() {},
  };
}
