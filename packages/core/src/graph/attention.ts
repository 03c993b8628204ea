/**
 * Attention written out of its parts: the same numbers as the operator's, in steps that can be differentiated and whose
 * probabilities can be dropped.
 */
import type { GraphBuilder, Value } from "./graph.ts";

/**
 * Attention of query, key, value [batch, length, hidden] and the keys' bias [batch, length]; or a bias of each query and
 * key, [batch, 1, length, length].
 *
 * @example
 * const g = new GraphBuilder();
 * const [query, key, value] = ["q", "k", "v"].map((name) => g.input(name, ["batch", "length", 8], "float32"));
 * const bias = g.input("bias", ["batch", "length"], "float32"); // 0, and at padding -10,000
 * composeAttention(g, [query, key, value, bias], 2, 0).shape; // ["batch", "length", 8]
 */
export function composeAttention(
  g: GraphBuilder,
  [query, key, value, bias]: readonly Value[],
  heads: number,
  dropout: number,
): Value {
  const [batch, length, hidden] = query.shape;
  const size = Number(hidden) / heads;
  const split = (x: Value, order: readonly number[]) =>
    g.transpose(g.reshape(x, [batch, length, heads, size]), order);
  const q = split(query, [0, 2, 1, 3]); // [batch, heads, length, size]
  const k = split(key, [0, 2, 3, 1]); // [batch, heads, size, length]
  const v = split(value, [0, 2, 1, 3]); // [batch, heads, length, size]
  const scaled = g.multiply(g.matMul(q, k), g.constant(1 / Math.sqrt(size)));
  const added = bias.shape.length === 2 ? g.expand(g.expand(bias, 1), 1) : bias; // [batch, 1, 1 or length, length]
  const scores = g.add(scaled, added); // [batch, heads, length, length]
  const context = g.matMul(g.dropout(g.softmax(scores), dropout), v); // [batch, heads, length, size]
  return g.reshape(g.transpose(context, [0, 2, 1, 3]), [batch, length, hidden]);
}
