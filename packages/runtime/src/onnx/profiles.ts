/**
 * What smaller models and other devices do differently: the rules for matrices of weights in int8 and in 4 bits, and what
 * WebGPU wants otherwise. All else is `portable`.
 *
 * A matrix that is used twice (word embeddings, tied to the decoder of masked words) is quantised once, by row: a row is
 * a word's vector, and an output of the decoder.
 */
import type { Value } from "@cloze/core";
import { attend, FLOAT, portable, sizeOfHead } from "./lowering.ts";
import type { Emitter, Rules } from "./lowering.ts";
import { BLOCK, blocksIn, quantizeBlocks, quantizeRows } from "./quantize.ts";

/** A head's last product decides the answer, and the table of segments is added to every token; neither is large. */
const FEW_ROWS = 16;

function isSmall(matrix: Value): boolean {
  return Number(matrix.shape[0]) < FEW_ROWS;
}

/**
 * int8: integer products, the weights' scales by row, the activations' found as they come. The nodes are those that
 * onnxruntime's own quantiser writes, which its kernels take together.
 */
export const int8: Partial<Rules> = {
  embed(e, inputs, node) {
    const [table, ids] = inputs;
    if (isSmall(table)) return portable.embed(e, inputs, node);
    const { codes, scales } = rowsOf(e, table);
    const rows = e.node("Cast", [e.node("Gather", [codes, ids], { axis: 0 })], { to: FLOAT }); // [..., width]
    const each = e.node("Unsqueeze", [e.node("Gather", [scales, ids], { axis: 0 }), e.ints([-1])]); // [..., 1]
    return e.node("Mul", [rows, each]);
  },

  linear(e, inputs, node) {
    const [x, weight, bias] = inputs;
    if (isSmall(weight)) return portable.linear(e, inputs, node);
    const { codes, scales } = rowsOf(e, weight);
    const transposed = e.node("Transpose", [codes], { perm: [1, 0] }); // [in, out]
    const [quantized, scale, zero] = e.several(3, "DynamicQuantizeLinear", [x]);
    const product = e.node("Cast", [e.node("MatMulInteger", [quantized, transposed, zero])], { to: FLOAT });
    const scaled = e.node("Mul", [product, e.node("Mul", [scale, scales])]); // [..., out]
    return bias === undefined ? scaled : e.node("Add", [scaled, bias]);
  },
};

/** 4 bits: weights are widened block by block as they are multiplied. */
export const int4: Partial<Rules> = {
  embed(e, inputs, node) {
    const [table, ids] = inputs;
    if (isSmall(table)) return portable.embed(e, inputs, node);
    const { codes, scales, zeros } = blocksOf(e, table);
    const flat = e.node("Reshape", [codes, e.ints([0, -1])]); // [rows, blocks · 16]
    const operands = [flat, ids, scales, zeros];
    const attributes = { bits: 4, block_size: BLOCK, gather_axis: 0, quantize_axis: 1 };
    const rows = e.node("com.microsoft.GatherBlockQuantized", operands, attributes); // [..., blocks · 32]
    const width = widthOf(table);
    return width % BLOCK === 0 ? rows : e.node("Slice", [rows, e.ints([0]), e.ints([width]), e.ints([-1])]);
  },

  linear(e, inputs, node) {
    const [x, weight, bias] = inputs;
    if (isSmall(weight)) return portable.linear(e, inputs, node);
    const { codes, scales, zeros } = blocksOf(e, weight);
    const attributes = { K: widthOf(weight), N: Number(weight.shape[0]), bits: 4, block_size: BLOCK };
    const product = e.node("com.microsoft.MatMulNBits", [x, codes, scales, zeros], {
      ...attributes,
      accuracy_level: INT8,
    });
    return bias === undefined ? product : e.node("Add", [product, bias]);
  },
};

/** MatMulNBits's level of accuracy that lets a CPU multiply in int8, the activations quantised by block too. */
const INT8 = 4;

/**
 * WebGPU: every node is a dispatch, and costs one whatever it computes, so there are few. Weights stay [out, in] and
 * nothing is folded at load; tables are not widened by the row, since many devices have no f16.
 *
 * Attention stays in its parts: the one node for it (MultiHeadAttention, with the mask as its bias) gave wrong numbers
 * from 32 tokens on, in onnxruntime-web 1.30 on SwiftShader.
 */
export const webgpu: Partial<Rules> = {
  embed: (e, [table, ids]) => e.node("Gather", [table, ids], { axis: 0 }),
  firstRows(e, [table, like]) {
    const length = e.node("Shape", [like], { start: 1, end: 2 }); // [1]
    return e.node("Slice", [table, e.ints([0]), length, e.ints([0])]);
  },

  linear: (e, inputs) => gemm(e, inputs),

  attention(e, [query, key, value, bias], node) {
    const made = e.madeBy(query);
    if (made?.operator !== "linear" || !made.inputs[2])
      return portable.attention(e, [query, key, value, bias], node);
    const scaled = gemm(e, made.inputs, 1 / Math.sqrt(sizeOfHead(node))); // the product scales for nothing
    return attend(e, [scaled, key, value, bias], node);
  },

  layerNorm(e, inputs, node) {
    const [x, scale, shift] = inputs;
    const made = e.madeBy(x);
    const both =
      made?.operator === "add" && made.inputs.every(({ shape }) => shape.join() === x.shape.join());
    if (!both) return portable.layerNorm(e, inputs, node);
    const epsilon = { float: node.attributes.epsilon };
    return e.node("com.microsoft.SkipLayerNormalization", [...made.inputs, scale, shift], { epsilon });
  },
};

/** A linear layer as one Gemm, over rows. @param scale Of its result. */
function gemm(e: Emitter, [x, weight, bias]: readonly Value[], scale = 1): string {
  const [outs, ins] = weight.shape.map(Number);
  const isFlat = x.shape.length === 2;
  const rows = isFlat ? x : e.node("Reshape", [x, e.ints([-1, ins])]); // [batch · length, ins]
  const by = scale === 1 ? {} : { alpha: { float: scale }, beta: { float: scale } };
  const result = e.node("Gemm", [rows, weight, ...(bias ? [bias] : [])], { transB: 1, ...by });
  if (isFlat) return result;
  const before = e.node("Slice", [e.shape(x), e.ints([0]), e.ints([-1])]); // such nodes run on the CPU, and wait for nothing
  return e.node("Reshape", [result, e.node("Concat", [before, e.ints([outs])], { axis: 0 })]);
}

function widthOf(matrix: Value): number {
  return Number(matrix.shape[1]);
}

function rowsOf(e: Emitter, matrix: Value) {
  const [rows, width] = matrix.shape.map(Number);
  return {
    codes: e.derived(matrix, "int8", {
      type: "I8",
      dims: [rows, width],
      make: (numbers) => bytesOf(quantizeRows(numbers, width).codes),
    }),
    scales: e.derived(matrix, "scale", {
      type: "F32",
      dims: [rows],
      make: (numbers) => bytesOf(quantizeRows(numbers, width).scales),
    }),
  };
}

function blocksOf(e: Emitter, matrix: Value) {
  const [rows, width] = matrix.shape.map(Number);
  const blocks = blocksIn(width);
  return {
    codes: e.derived(matrix, "int4", {
      type: "U8",
      dims: [rows, blocks, BLOCK / 2],
      make: (numbers) => quantizeBlocks(numbers, width).codes,
    }),
    scales: e.derived(matrix, "scale", {
      type: "F32",
      dims: [rows, blocks],
      make: (numbers) => bytesOf(quantizeBlocks(numbers, width).scales),
    }),
    zeros: e.derived(matrix, "zero", {
      type: "U8",
      dims: [rows, Math.ceil(blocks / 2)],
      make: (numbers) => quantizeBlocks(numbers, width).zeros,
    }),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int8Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
