/**
 * The intermediate representation: a graph of operators with meaning, and the builder that writes it.
 *
 * A model is written once, as functions over `GraphBuilder`, and read by whoever needs it: the interpreter (plain
 * JS), the ONNX emitter, differentiation. A dimension is a number or a name, so that one graph serves every
 * batch and length. What each operator is stands in `operators.ts`; this file only wires values together.
 */
import { composeAttention } from "./attention.ts";
import { operators } from "./operators.ts";
import type { Attributes, Operator } from "./operators.ts";

/** A number, or the name of a size that is known only when the graph runs (`batch`, `length`). */
export type Dimension = number | string;
/** The sizes of a value's axes. */
export type Shape = readonly Dimension[];
/** What a value's numbers are. */
export type DataType = "float32" | "int32";

/** The result of a node, an input, a parameter or a constant. */
export interface Value {
  readonly shape: Shape;
  readonly type: DataType;
  readonly source: Source;
}

type Source =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "node" };

/** One application of an operator. The union over all operators lets a table be exhaustive. */
export type Node = { readonly [O in Operator]: NodeOf<O> }[Operator];

/** A node of one operator. */
export interface NodeOf<O extends Operator> {
  readonly operator: O;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes[O];
  readonly output: Value;
}

/** A finished graph. `nodes` are in an order in which each reads only what came before. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly parameters: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: ReadonlyMap<string, Value>;
}

/** What a graph is built for. */
export interface BuilderOptions {
  /**
   * For training: dropout takes place, driven by the input `dropout_seed` (int32, one number), and attention is written
   * out of its parts, which gradients need.
   */
  readonly training?: boolean;
}

/** The input that drives dropout. */
export const DROPOUT_SEED = "dropout_seed";

/**
 * Writes a graph, node by node, and infers every shape as it goes.
 *
 * @example
 * const g = new GraphBuilder();
 * const x = g.input("x", ["batch", 2], "float32");
 * g.output("y", g.linear(x, g.parameter("w", [3, 2]))); // [batch, 3]
 * const graph = g.build();
 */
export class GraphBuilder {
  readonly #inputs = new Map<string, Value>();
  readonly #parameters = new Map<string, Value>();
  readonly #nodes: Node[] = [];
  readonly #outputs = new Map<string, Value>();
  readonly #training: boolean;
  #dropouts = 0;

  constructor({ training = false }: BuilderOptions = {}) {
    this.#training = training;
  }

  /** Goes on with a finished graph, which stays as it is. */
  static from(graph: Graph): GraphBuilder {
    const g = new GraphBuilder();
    for (const [i, name] of namesOf(graph.inputs).entries()) g.#inputs.set(name, graph.inputs[i]);
    for (const [i, name] of namesOf(graph.parameters).entries()) g.#parameters.set(name, graph.parameters[i]);
    for (const [name, value] of graph.outputs) g.#outputs.set(name, value);
    g.#nodes.push(...graph.nodes);
    return g;
  }

  /** The nodes so far. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  input(name: string, shape: Shape, type: DataType): Value {
    return once(this.#inputs, name, { shape, type, source: { kind: "input", name } });
  }

  /** A weight. Asking twice for one name gives one value: this is how weights are tied. */
  parameter(name: string, shape: Shape): Value {
    return once(this.#parameters, name, { shape, type: "float32", source: { kind: "parameter", name } });
  }

  /** A scalar. */
  constant(value: number): Value {
    return { shape: [], type: "float32", source: { kind: "constant", value } };
  }

  output(name: string, value: Value): void {
    if (this.#outputs.has(name)) throw new TypeError(`The graph has two outputs named ${name}.`);
    this.#outputs.set(name, value);
  }

  build(): Graph {
    return {
      inputs: [...this.#inputs.values()],
      parameters: [...this.#parameters.values()],
      nodes: this.#nodes,
      outputs: this.#outputs,
    };
  }

  /** Rows of a table by index: table [rows, width], ids [...] → [..., width]. */
  embed(table: Value, ids: Value): Value {
    return this.#apply("embed", [table, ids], {});
  }

  /** The first rows of a table, as many as `like` has along its second axis: [rows, width] → [length, width]. */
  firstRows(table: Value, like: Value): Value {
    return this.#apply("firstRows", [table, like], {});
  }

  /** x·Wᵀ + b: x [..., in], weight [out, in], bias [out] → [..., out]. */
  linear(x: Value, weight: Value, bias?: Value): Value {
    return this.#apply("linear", bias ? [x, weight, bias] : [x, weight], {});
  }

  /** Matrices times matrices: a [..., m, k], b [..., k, n] → [..., m, n]. */
  matMul(a: Value, b: Value): Value {
    return this.#apply("matMul", [a, b], {});
  }

  /** Normalises the last axis to mean 0 and variance 1, then scales and shifts it (Ba et al., 2016). */
  layerNorm(x: Value, scale: Value, shift: Value, epsilon: number): Value {
    return this.#apply("layerNorm", [x, scale, shift], { epsilon });
  }

  /** x·Φ(x), exactly (erf) or by the tanh approximation of the original BERT (Hendrycks & Gimpel, 2016). */
  gelu(x: Value, approximation: "none" | "tanh"): Value {
    return this.#apply("gelu", [x], { approximation });
  }

  relu(x: Value): Value {
    return this.#apply("relu", [x], {});
  }

  tanh(x: Value): Value {
    return this.#apply("tanh", [x], {});
  }

  /**
   * Scaled dot-product attention over several heads (Vaswani et al., 2017, 3.2):
   * query, key, value [batch, length, hidden]; bias [batch, length] is added to every score of that key. `dropout` is
   * the rate at which probabilities are dropped in training.
   */
  attention(query: Value, key: Value, value: Value, bias: Value, heads: number, dropout = 0): Value {
    if (this.#training) return composeAttention(this, [query, key, value, bias], heads, dropout);
    return this.#apply("attention", [query, key, value, bias], { heads });
  }

  /** In training, sets a share of the numbers to 0 and divides the others by the share that is kept. */
  dropout(x: Value, rate: number): Value {
    if (!this.#training || rate === 0) return x;
    const seed = this.input(DROPOUT_SEED, [1], "int32");
    return this.dropoutBy(x, seed, { rate, salt: this.#dropouts++ });
  }

  /** Elementwise, with NumPy's broadcasting; so are the three below. */
  add(a: Value, b: Value): Value {
    return this.#apply("add", [a, b], {});
  }

  subtract(a: Value, b: Value): Value {
    return this.#apply("subtract", [a, b], {});
  }

  multiply(a: Value, b: Value): Value {
    return this.#apply("multiply", [a, b], {});
  }

  divide(a: Value, b: Value): Value {
    return this.#apply("divide", [a, b], {});
  }

  /** Sums over one axis, which disappears. */
  sum(x: Value, axis: number): Value {
    return this.#apply("sum", [x], { axis });
  }

  /** One index of one axis, which disappears: select(hidden, 1, 0) is the vector of [CLS]. */
  select(x: Value, axis: number, index: number): Value {
    return this.#apply("select", [x], { axis, index });
  }

  /** Adds an axis of size 1. */
  expand(x: Value, axis: number): Value {
    return this.#apply("expand", [x], { axis });
  }

  /** Lays values one behind the other along one axis. */
  concat(values: readonly Value[], axis: number): Value {
    return this.#apply("concat", values, { axis });
  }

  /** Rows of each example by index: x [batch, length, width], rows [batch, count] → [batch, count, width]. */
  gatherRows(x: Value, rows: Value): Value {
    return this.#apply("gatherRows", [x, rows], {});
  }

  /** log Σ exp over the last axis, which disappears. */
  logSumExp(x: Value): Value {
    return this.#apply("logSumExp", [x], {});
  }

  /** The places of the `k` greatest along the last axis, greatest first: int32 [..., k]. */
  topIds(x: Value, k: number): Value {
    return this.#apply("topIds", [x], { k });
  }

  /** The values at places along the last axis: x [..., n], ids [..., k] → [..., k]. */
  take(x: Value, ids: Value): Value {
    return this.#apply("take", [x, ids], {});
  }

  /** Whole numbers as float32, exact below 2²⁴. */
  toFloat(x: Value): Value {
    return this.#apply("toFloat", [x], {});
  }

  /** Axes in another order. */
  transpose(x: Value, order: readonly number[]): Value {
    return this.#apply("transpose", [x], { order });
  }

  /** The same numbers in another shape. A dimension that x has at the same place is copied; one other may be a name. */
  reshape(x: Value, shape: Shape): Value {
    return this.#apply("reshape", [x], { shape });
  }

  /** x repeated to the shape of `like`. */
  broadcast(x: Value, like: Value): Value {
    return this.#apply("broadcast", [x, like], {});
  }

  /** A part of x: from `start` along one axis, as long there as `like` is. */
  slice(x: Value, like: Value, axis: number, start: number): Value {
    return this.#apply("slice", [x, like], { axis, start });
  }

  /** x among zeros: at `start` along one axis that is as long as `like`'s. */
  pad(x: Value, like: Value, axis: number, start: number): Value {
    return this.#apply("pad", [x, like], { axis, start });
  }

  /**
   * Adds to the rows that `embed` takes of a table: x [rows, width], rows [...], values [..., width]. Or to those that
   * `gatherRows` takes of each example: x [batch, length, width], rows [batch, count], values [batch, count, width].
   */
  addRows(x: Value, rows: Value, values: Value): Value {
    return this.#apply("addRows", [x, rows, values], {});
  }

  /** Adds to what `take` takes: x [..., n], ids and values [..., k]. */
  addTaken(x: Value, ids: Value, values: Value): Value {
    return this.#apply("addTaken", [x, ids, values], {});
  }

  /** Σ aᵀ·b over all rows: a [..., m], b [..., n] → [m, n]. */
  contractRows(a: Value, b: Value): Value {
    return this.#apply("contractRows", [a, b], {});
  }

  /** The sum of all rows: x [..., n] → [n]. */
  sumRows(x: Value): Value {
    return this.#apply("sumRows", [x], {});
  }

  /** The last axis brought to mean 0 and variance 1: layer normalisation without scale and shift. */
  standardize(x: Value, epsilon: number): Value {
    return this.#apply("standardize", [x], { epsilon });
  }

  /** One over the standard deviation of the last axis: x [..., n] → [..., 1]. */
  inverseDeviation(x: Value, epsilon: number): Value {
    return this.#apply("inverseDeviation", [x], { epsilon });
  }

  /** Softmax over the last axis. */
  softmax(x: Value): Value {
    return this.#apply("softmax", [x], {});
  }

  exp(x: Value): Value {
    return this.#apply("exp", [x], {});
  }

  erf(x: Value): Value {
    return this.#apply("erf", [x], {});
  }

  sqrt(x: Value): Value {
    return this.#apply("sqrt", [x], {});
  }

  /** 1 above 0, else 0. */
  isPositive(x: Value): Value {
    return this.#apply("isPositive", [x], {});
  }

  /** Dropout by a seed (int32 [1]): equal seeds, rates and salts drop equal places of equal shapes. */
  dropoutBy(x: Value, seed: Value, attributes: Attributes["dropout"]): Value {
    return this.#apply("dropout", [x, seed], attributes);
  }

  #apply<O extends Operator>(operator: O, inputs: readonly Value[], attributes: Attributes[O]): Value {
    const output: Value = { ...operators[operator].infer(inputs, attributes), source: { kind: "node" } };
    // The correlation of operator and attributes holds by this method's signature; a union cannot say it.
    this.#nodes.push({ operator, inputs, attributes, output } as Node);
    return output;
  }
}

/**
 * The names of inputs or parameters, in their order; what has none is left out.
 *
 * @example
 * const g = new GraphBuilder();
 * g.input("x", ["batch", 2], "float32");
 * namesOf(g.build().inputs); // ["x"]
 */
export function namesOf(values: readonly Value[]): string[] {
  return values.flatMap(({ source }) => ("name" in source ? [source.name] : []));
}

function once(values: Map<string, Value>, name: string, value: Value): Value {
  const known = values.get(name) ?? value;
  values.set(name, known);
  if (known.type !== value.type || known.shape.join() !== value.shape.join())
    throw new TypeError(`${name} is asked for as [${value.shape.join()}], but is [${known.shape.join()}].`);
  return known;
}
