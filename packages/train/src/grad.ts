/**
 * Differentiation of a graph: backpropagation written as operators of the same graph, by one rule an operator.
 */
import { ClozeError, GraphBuilder, needed } from "@cloze/core";
import type { Graph, Node, NodeOf, Operator, Value } from "@cloze/core";
import { rules } from "./vjp/index.ts";
import { zerosLike } from "./vjp/rule.ts";
import type { Cotangent, Rule } from "./vjp/rule.ts";

/**
 * What the gradient of a parameter is called among the outputs.
 *
 * @example
 * gradientName("classifier.weight"); // "gradient.classifier.weight"
 */
export function gradientName(parameter: string): string {
  return `gradient.${parameter}`;
}

/**
 * Adds to a graph the gradients of one of its outputs, a scalar, by its parameters.
 *
 * @param loss The name of the output.
 * @param wanted The parameters by which it is differentiated: by default all that it depends on.
 * @returns A graph with the outputs of the old one, and `gradient.NAME` in the shape of each parameter.
 * @throws ClozeError `invalid-option` for an output that is not there, is not a scalar, or depends on no parameter.
 * @example
 * const g = new GraphBuilder();
 * const w = g.parameter("w", [3]);
 * g.output("loss", g.sum(g.multiply(w, w), 0));
 * const { outputs } = grad(g.build(), "loss"); // loss, gradient.w: 2·w
 */
export function grad(graph: Graph, loss: string, wanted?: readonly string[]): Graph {
  const value = graph.outputs.get(loss);
  if (!value || value.shape.length > 0)
    throw new ClozeError("invalid-option", `${loss} is not a number that the graph gives: name its loss.`);
  const g = GraphBuilder.from(graph);
  const nodes = needed(graph, [value]);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const parameters = graph.parameters.filter(
    (parameter) => read.has(parameter) && (wanted?.includes(nameOf(parameter)) ?? true),
  );
  if (parameters.length === 0)
    throw new ClozeError("invalid-option", `${loss} depends on no parameter that is wanted.`);
  const found = pullBack(g, nodes, new Map([[value, g.constant(1)]]), new Set(parameters));
  for (const parameter of parameters) {
    const gradient = found.get(parameter) ?? zerosLike(g, parameter); // where only its shape is read
    g.output(gradientName(nameOf(parameter)), gradient);
  }
  return g.build();
}

/**
 * Carries cotangents back through nodes, from the last to the first.
 *
 * @param sources Where gradients are wanted: what does not depend on them is passed over. By default everywhere.
 * @returns The cotangents of all that was reached.
 */
export function pullBack(
  g: GraphBuilder,
  nodes: readonly Node[],
  cotangents: ReadonlyMap<Value, Value>,
  sources?: ReadonlySet<Value>,
): ReadonlyMap<Value, Value> {
  const depends = new Set(sources);
  for (const { inputs, output } of nodes) if (inputs.some((input) => depends.has(input))) depends.add(output);
  const sums = new Map(cotangents);
  const give = (input: Value, cotangent: Cotangent): void => {
    if (cotangent === undefined || (sources && !depends.has(input))) return;
    const sum = sums.get(input);
    if (typeof cotangent === "function") sums.set(input, cotangent(sum));
    else sums.set(input, sum ? g.add(sum, cotangent) : cotangent);
  };
  for (const node of nodes.toReversed()) {
    const d = sums.get(node.output);
    if (!d || (sources && !depends.has(node.output))) continue;
    for (const [i, cotangent] of apply(g, node, d).entries()) give(node.inputs[i], cotangent);
  }
  return sums;
}

function apply<O extends Operator>(g: GraphBuilder, node: NodeOf<O>, d: Value): readonly Cotangent[] {
  const rule: Rule<O> = rules[node.operator];
  return rule(g, node, d);
}

function nameOf({ source }: Value): string {
  return "name" in source ? source.name : "";
}
