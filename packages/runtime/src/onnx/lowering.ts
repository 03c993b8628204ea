/**
 * From operators with meaning to ONNX nodes: one rule an operator, the table exhaustive by type.
 *
 * The `portable` profile uses standard operators only. Opset 20 is the lowest in which LayerNormalization (17) and
 * Gelu (20) are single nodes.
 */
import type { NodeOf, Operator, Value } from "@cloze/core";
import { gradients } from "./gradient-lowering.ts";
import type { Attribute, ElementType } from "./wire.ts";

/**
 * What a rule writes with. An operand is a value of the graph, or the name of what a node gave. A node that is written
 * twice is there once.
 */
export interface Emitter {
  /** Adds a node and gives the name of its output. */
  node(operator: string, operands: readonly Operand[], attributes?: Attributes): string;
  /** Adds a node with several outputs and gives their names. */
  several(count: number, operator: string, operands: readonly Operand[], attributes?: Attributes): string[];
  /** An int64 vector, as Reshape, Slice and Unsqueeze take them; one initializer for equal ones. */
  ints(values: readonly number[]): string;
  /** Scalars: int64, and a number of the type that is computed in. */
  int(value: number): string;
  float(value: number): string;
  /** A scalar of int32. */
  whole(value: number): string;
  /** The shape of a value when the graph runs, int64; once for all of one shape. */
  shape(value: Value): string;
  /**
   * A parameter in the type that it is stored in; every other way of naming one casts it to the one computed in. What a
   * node gave is as it is.
   */
  stored(parameter: Value): string;
  /** Casts what was taken from a stored parameter to the type that is computed in, where it is not that already. */
  widen(result: string, parameter: Value): string;
  /** The node that gave a value, where one did: for rules that write two as one. What is not read then is left out. */
  madeBy(value: Value): Made | undefined;
  /** An initializer that is computed from a parameter when the model is written. */
  derived(parameter: Value, what: string, tensor: Derived): string;
}

interface Derived {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly make: (numbers: Float32Array<ArrayBuffer>) => Uint8Array;
}

/** A value of the graph, or what a node gave, by its name. */
export type Operand = Value | string;
type Attributes = Readonly<Record<string, Attribute>>;
type Made = { readonly [O in Operator]: NodeOf<O> }[Operator];
type Rule<O extends Operator> = (e: Emitter, inputs: readonly Value[], node: NodeOf<O>) => string;

/** onnx.TensorProto.DataType, as Cast names them. */
export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;

export type Rules = { readonly [O in Operator]: Rule<O> };

export const portable: Rules = {
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

  attention: (e, [query, key, value, bias], node) =>
    attend(e, [query, key, value, bias], node, 1 / Math.sqrt(sizeOfHead(node))),

  add: (e, inputs) => e.node("Add", inputs),
  subtract: (e, inputs) => e.node("Sub", inputs),
  multiply: (e, inputs) => e.node("Mul", inputs),
  divide: (e, inputs) => e.node("Div", inputs),

  sum: (e, [x], { attributes }) => e.node("ReduceSum", [x, e.ints([attributes.axis])], { keepdims: 0 }),
  select: (e, [x], { attributes: { axis, index } }) => e.node("Gather", [x, e.int(index)], { axis }),
  expand: (e, [x], { attributes }) => e.node("Unsqueeze", [x, e.ints([attributes.axis])]),
  concat: (e, inputs, { attributes }) => e.node("Concat", inputs, { axis: attributes.axis }),

  gatherRows(e, [x, rows]) {
    const each = e.node("Unsqueeze", [rows, e.ints([2])]); // [batch, count, 1]
    const indices = e.node("Cast", [each], { to: INT64 }); // GatherND takes no others
    return e.node("GatherND", [x, indices], { batch_dims: 1 });
  },
  // ReduceLogSumExp of ONNX Runtime is slower, and over a vocabulary ten times less exact.
  logSumExp(e, [x]) {
    const axis = e.ints([-1]);
    const max = e.node("ReduceMax", [x, axis], { keepdims: 1 });
    const sum = e.node("ReduceSum", [e.node("Exp", [e.node("Sub", [x, max])]), axis], { keepdims: 1 });
    return e.node("Squeeze", [e.node("Add", [e.node("Log", [sum]), max]), axis]);
  },
  topIds: (e, [x], { attributes: { k } }) =>
    e.node("Cast", [e.several(2, "TopK", [x, e.ints([k])], { axis: -1 })[1]], { to: INT32 }),
  take: (e, inputs) => e.node("GatherElements", inputs, { axis: -1 }),
  toFloat: (e, inputs) => e.node("Cast", inputs, { to: FLOAT }),

  ...gradients,
};

/** Attention in its parts. @param scale Of the scores, where the query is not scaled already. */
export function attend(
  e: Emitter,
  [query, key, value, bias]: readonly Operand[],
  node: NodeOf<"attention">,
  scale?: number,
): string {
  const hidden = Number(node.output.shape[2]);
  const { heads } = node.attributes;
  const split = (x: Operand, perm: readonly number[]) =>
    e.node("Transpose", [e.node("Reshape", [x, e.ints([0, 0, heads, sizeOfHead(node)])])], { perm });
  const q = split(query, [0, 2, 1, 3]); // [batch, heads, length, size]
  const k = split(key, [0, 2, 3, 1]); // [batch, heads, size, length]
  const v = split(value, [0, 2, 1, 3]); // [batch, heads, length, size]
  const product = e.node("MatMul", [q, k]);
  // Scaled right after the product: there ONNX Runtime makes one node of the two.
  const scaled = scale === undefined ? product : e.node("Mul", [product, e.float(scale)]);
  const added = e.node("Unsqueeze", [bias, e.ints([1, 2])]); // [batch, 1, 1, length]
  const scores = e.node("Add", [scaled, added]); // [batch, heads, length, length]
  const context = e.node("MatMul", [e.node("Softmax", [scores], { axis: -1 }), v]);
  const merged = e.node("Transpose", [context], { perm: [0, 2, 1, 3] }); // [batch, length, heads, size]
  return e.node("Reshape", [merged, e.ints([0, 0, hidden])]);
}

export function sizeOfHead({ output, attributes }: NodeOf<"attention">): number {
  return Number(output.shape[2]) / attributes.heads;
}

/** Applies the rule of a node's operator: a profile's own, where it has one, else the portable one. */
export function lower<O extends Operator>(e: Emitter, node: NodeOf<O>, profile: Partial<Rules>): string {
  const rule: Rule<O> = profile[node.operator] ?? portable[node.operator];
  return rule(e, node.inputs, node);
}
