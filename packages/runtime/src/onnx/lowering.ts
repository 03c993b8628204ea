/**
 * From operators with meaning to ONNX nodes: one rule an operator, the table exhaustive by type.
 *
 * The `portable` profile uses standard operators only. Opset 20 is the lowest in which LayerNormalization (17) and
 * Gelu (20) are single nodes.
 */
import type { NodeOf, Operator, Value } from "@cloze/core";
import type { Attribute } from "./wire.ts";

/** What a rule writes with. An operand is a value of the graph, or the name of what a node gave. */
export interface Emitter {
  /** Adds a node and gives the name of its output. */
  node(operator: string, operands: readonly (Value | string)[], attributes?: Attributes): string;
  /** An int64 vector, as Reshape, Slice and Unsqueeze take them; one initializer for equal ones. */
  ints(values: readonly number[]): string;
  /** Scalars, int64 and float32. */
  int(value: number): string;
  float(value: number): string;
  /** A parameter in the type that its file holds; every other way of naming one casts it to float32. */
  stored(parameter: Value): string;
  /** Casts what was computed from a stored parameter to float32, where it is not float32 already. */
  widen(result: string, parameter: Value): string;
}

type Attributes = Readonly<Record<string, Attribute>>;
type Rule<O extends Operator> = (e: Emitter, inputs: readonly Value[], node: NodeOf<O>) => string;

const portable: { readonly [O in Operator]: Rule<O> } = {
  // Rows are cast after they are taken: a table in f16 is then read where it lies, and never held twice.
  embed: (e, [table, ids]) => e.widen(e.node("Gather", [e.stored(table), ids], { axis: 0 }), table),

  firstRows(e, [table, like]) {
    const length = e.node("Shape", [like], { start: 1, end: 2 }); // [1]
    return e.widen(e.node("Slice", [e.stored(table), e.ints([0]), length, e.ints([0])]), table);
  },

  // The weight stays [out, in] in the file. ONNX Runtime folds the Transpose at load, and MatMul + Add fuse further
  // than Gemm does, which also wants its input flat.
  linear(e, [x, weight, bias]) {
    const transposed = e.node("Transpose", [e.stored(weight)], { perm: [1, 0] }); // [in, out]
    const product = e.node("MatMul", [x, e.widen(transposed, weight)]);
    return bias === undefined ? product : e.node("Add", [product, bias]);
  },

  matMul: (e, inputs) => e.node("MatMul", inputs),
  layerNorm: (e, inputs, { attributes }) =>
    e.node("LayerNormalization", inputs, { axis: -1, epsilon: { float: attributes.epsilon } }),
  gelu: (e, inputs, { attributes }) => e.node("Gelu", inputs, { approximate: attributes.approximation }),
  relu: (e, inputs) => e.node("Relu", inputs),
  tanh: (e, inputs) => e.node("Tanh", inputs),

  attention(e, [query, key, value, bias], node) {
    const hidden = Number(node.output.shape[2]);
    const { heads } = node.attributes;
    const size = hidden / heads;
    const split = (x: Value | string, perm: readonly number[]) =>
      e.node("Transpose", [e.node("Reshape", [x, e.ints([0, 0, heads, size])])], { perm });
    const q = split(query, [0, 2, 1, 3]); // [batch, heads, length, size]
    const k = split(key, [0, 2, 3, 1]); // [batch, heads, size, length]
    const v = split(value, [0, 2, 1, 3]); // [batch, heads, length, size]
    // Scaled right after the product: there ONNX Runtime makes one node of the two.
    const scaled = e.node("Mul", [e.node("MatMul", [q, k]), e.float(1 / Math.sqrt(size))]);
    const added = e.node("Unsqueeze", [bias, e.ints([1, 2])]); // [batch, 1, 1, length]
    const scores = e.node("Add", [scaled, added]); // [batch, heads, length, length]
    const context = e.node("MatMul", [e.node("Softmax", [scores], { axis: -1 }), v]);
    const merged = e.node("Transpose", [context], { perm: [0, 2, 1, 3] }); // [batch, length, heads, size]
    return e.node("Reshape", [merged, e.ints([0, 0, hidden])]);
  },

  add: (e, inputs) => e.node("Add", inputs),
  subtract: (e, inputs) => e.node("Sub", inputs),
  multiply: (e, inputs) => e.node("Mul", inputs),
  divide: (e, inputs) => e.node("Div", inputs),

  sum: (e, [x], { attributes }) => e.node("ReduceSum", [x, e.ints([attributes.axis])], { keepdims: 0 }),
  select: (e, [x], { attributes: { axis, index } }) => e.node("Gather", [x, e.int(index)], { axis }),
  expand: (e, [x], { attributes }) => e.node("Unsqueeze", [x, e.ints([attributes.axis])]),
  concat: (e, inputs, { attributes }) => e.node("Concat", inputs, { axis: attributes.axis }),
};

/** Applies the rule of a node's operator. */
export function lower<O extends Operator>(e: Emitter, node: NodeOf<O>): string {
  return portable[node.operator](e, node.inputs, node);
}
