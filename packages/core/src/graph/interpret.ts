/**
 * The reference interpreter: runs a graph in plain JS, in float64.
 *
 * The oracle of the tests, and the runtime of small heads where no session is (the edge). It computes only what
 * the asked outputs need.
 */
import { ClozeError } from "../errors.ts";
import { namesOf } from "./graph.ts";
import type { Graph, Node, Shape, Value } from "./graph.ts";
import { operators } from "./operators.ts";
import { product } from "./rules.ts";
import type { Operand } from "./rules.ts";

/** How a graph is run. */
export interface InterpretOptions {
  /** The outputs to compute; all of them by default. */
  readonly outputs?: readonly string[];
}

/**
 * Runs a graph once.
 *
 * @param feeds The inputs and the parameters, by name.
 * @returns The outputs by name.
 * @throws ClozeError `invalid-input` when a feed is missing, or two feeds disagree about a named dimension.
 *
 * @example
 * const g = new GraphBuilder();
 * g.output("y", g.tanh(g.input("x", ["batch", 2], "float32")));
 * const y = interpret(g.build(), new Map([["x", { dims: [1, 2], data: Float32Array.of(0, 1) }]])).get("y");
 * y?.data; // 0, 0.762
 */
export function interpret(
  graph: Graph,
  feeds: ReadonlyMap<string, Operand>,
  { outputs }: InterpretOptions = {},
): Map<string, Operand> {
  const names = outputs ?? [...graph.outputs.keys()];
  const wanted = names.map((name) => {
    const value = graph.outputs.get(name);
    if (!value) throw new ClozeError("invalid-option", `The graph has no output named ${name}.`);
    return value;
  });
  const sizes = new Map<string, number>();
  const computed = new Map<Value, Operand>();
  const fed = [...graph.inputs, ...graph.parameters];
  for (const [i, name] of namesOf(fed).entries()) {
    const given = feeds.get(name);
    if (!given) continue;
    bind(name, fed[i].shape, given, sizes);
    computed.set(fed[i], given);
  }

  const operand = (value: Value): Operand => {
    if (value.source.kind === "constant") return { dims: [], data: Float64Array.of(value.source.value) };
    const known = computed.get(value);
    if (known) return known;
    throw new ClozeError("invalid-input", `The feed ${namesOf([value]).join()} is missing.`);
  };
  for (const node of needed(graph, wanted)) {
    const dims = node.output.shape.map((d) => (typeof d === "number" ? d : sizes.get(d)!));
    const output = { dims, data: new Float64Array(product(dims)) };
    apply(node, output, node.inputs.map(operand));
    computed.set(node.output, output);
  }
  return new Map(names.map((name, i) => [name, operand(wanted[i])]));
}

/**
 * The nodes that the wanted values depend on, in order.
 *
 * @example
 * const [last] = needed(graph, [graph.outputs.get("sentiment")!]).slice(-1);
 * last.operator; // "linear"
 */
export function needed(graph: Graph, wanted: readonly Value[]): Node[] {
  const live = new Set<Value>(wanted);
  return graph.nodes
    .toReversed()
    .filter((node) => {
      if (!live.has(node.output)) return false;
      for (const input of node.inputs) live.add(input);
      return true;
    })
    .reverse();
}

function apply(node: Node, output: Operand, inputs: readonly Operand[]): void {
  // One operator's rule with the same operator's attributes: true by construction, beyond what a union can say.
  const rule = operators[node.operator] as { kernel(o: Operand, i: readonly Operand[], a: unknown): void };
  rule.kernel(output, inputs, node.attributes);
}

/** Checks a feed against its shape, and learns the sizes of dimensions that have names. */
function bind(name: string, shape: Shape, fed: Operand, sizes: Map<string, number>): void {
  const dims = shape.map((dimension, i) => {
    if (typeof dimension === "number") return dimension;
    const size = sizes.get(dimension) ?? fed.dims[i];
    sizes.set(dimension, size);
    return size;
  });
  if (dims.join() !== fed.dims.join() || fed.data.length !== product(fed.dims))
    throw new ClozeError(
      "invalid-input",
      `${name} is [${fed.dims.join()}], but should be [${shape.join()}].`,
    );
}
