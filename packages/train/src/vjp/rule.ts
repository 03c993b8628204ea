/**
 * What a rule of differentiation is: from the cotangent of a node's output to those of its inputs, in operators of the
 * same graph (a vector-Jacobian product).
 */
import type { GraphBuilder, NodeOf, Operator, Value } from "@cloze/core";

/**
 * What an input gets: a value of its shape, nothing, or a function that adds to what it has already, for rules that
 * touch few of its rows.
 */
export type Cotangent = Value | undefined | ((sum: Value | undefined) => Value);

/** One cotangent an input, in their order. Those that nobody asks for cost nothing: only what is read is emitted. */
export type Rule<O extends Operator> = (g: GraphBuilder, node: NodeOf<O>, d: Value) => readonly Cotangent[];

/** A table of rules. */
export type Rules<O extends Operator> = { readonly [K in O]: Rule<K> };

/** Zeros of a value's shape. */
export function zerosLike(g: GraphBuilder, like: Value): Value {
  return g.broadcast(g.constant(0), like);
}

/** Sums what broadcasting repeated, back to the shape of `like`. */
export function sumTo(g: GraphBuilder, d: Value, like: Value): Value {
  const { shape } = like;
  if (d.shape.join() === shape.join()) return d;
  if (shape.length === 1 && shape[0] === d.shape.at(-1)) return g.sumRows(d);
  let sum = d;
  while (sum.shape.length > shape.length) sum = g.sum(sum, 0);
  for (const [axis, size] of shape.entries())
    if (size === 1 && sum.shape[axis] !== 1) sum = g.expand(g.sum(sum, axis), axis);
  return sum;
}

/** The sum of all numbers, a scalar. */
export function sumAll(g: GraphBuilder, x: Value): Value {
  let sum = x;
  while (sum.shape.length > 0) sum = g.sum(sum, sum.shape.length - 1);
  return sum;
}

/** The mean over the last axis, which stays with size 1. */
export function lastMean(g: GraphBuilder, x: Value): Value {
  const last = x.shape.length - 1;
  return g.multiply(g.expand(g.sum(x, last), last), g.constant(1 / widthOf(x)));
}

/** The size of the last axis, which has to be a number. */
export function widthOf({ shape }: Value): number {
  const width = shape.at(-1);
  if (typeof width === "number") return width;
  throw new TypeError(`[${shape.join()}] has no known width, which its gradient needs.`);
}
