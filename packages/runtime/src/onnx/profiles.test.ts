/**
 * ONNX Runtime reads quantised matrices as they were meant: what it computes is what the float64 interpreter computes
 * with the numbers that the codes stand for.
 */
import { GraphBuilder, interpret } from "@cloze/core";
import type { Operand } from "@cloze/core";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import type { StoredTensor } from "../safetensors.ts";
import { emit } from "./emit.ts";
import type { Signature } from "./emit.ts";
import { int4, int8 } from "./profiles.ts";
import { BLOCK, blocksIn, quantizeBlocks, quantizeRows } from "./quantize.ts";
import { encodeModel } from "./wire.ts";

const ROWS = 40;
const profiles = { int8, int4 };
const signature: Signature = {
  input: (_, name, { shape }) => ({ info: { name, type: "I32", dims: shape }, read: name }),
  output: (_, name, { shape }, result) => ({ info: { name, type: "F32", dims: shape }, result }),
};

/** A table of words that is also the decoder, as a tied model has it. */
function tied(width: number) {
  const g = new GraphBuilder();
  const table = g.parameter("table", [ROWS, width]);
  const rows = g.embed(table, g.input("ids", ["length"], "int32"));
  g.output("rows", rows); // [length, width]
  g.output("logits", g.linear(rows, table, g.parameter("bias", [ROWS]))); // [length, rows]
  return g.build();
}

/** Numbers like weights: many small ones, some large, a row of zeros. */
function numbers(count: number, seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i * 12.9898) ** 3 / (1 + (i % 7)));
}

const half = (bytes: Uint8Array, i: number) => (bytes[i >> 1] >> (4 * (i & 1))) & 15;

function readBack(values: Float32Array, width: number, precision: keyof typeof profiles): Float32Array {
  if (precision === "int8") {
    const { codes, scales } = quantizeRows(values, width);
    return Float32Array.from(codes, (code, i) => code * scales[Math.floor(i / width)]);
  }
  const { codes, scales, zeros } = quantizeBlocks(values, width);
  const blocks = blocksIn(width);
  return Float32Array.from(values, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const block = Math.floor(column / BLOCK);
    const code = half(codes, (row * blocks + block) * BLOCK + (column % BLOCK));
    const zero = half(zeros.subarray(row * Math.ceil(blocks / 2)), block);
    return (code - zero) * scales[row * blocks + block];
  });
}

async function run(width: number, precision: keyof typeof profiles) {
  const values = new Map([
    ["table", numbers(ROWS * width, 1).fill(0, 3 * width, 4 * width)],
    ["bias", numbers(ROWS, 2)],
  ]);
  const stored = [...values].map(([name, { length }]): [string, StoredTensor] => {
    const shape = name === "table" ? [ROWS, width] : [ROWS];
    return [name, { file: name, dtype: "F32", shape, offset: 0, bytes: 4 * length }];
  });
  const graph = tied(width);
  const model = emit(graph, new Map(stored), {
    signature,
    profile: profiles[precision],
    compute: "F32",
    read: async ({ file }) => values.get(file)!,
  });
  const parts = [];
  for (const part of encodeModel(model)) parts.push(part instanceof Uint8Array ? part : await part.bytes());
  const session = await InferenceSession.create(Buffer.concat(parts), {
    logSeverityLevel: 3,
  });
  const ids = Int32Array.of(0, 3, ROWS - 1, 17);
  const given = await session.run({ ids: new Tensor("int32", ids, [ids.length]) });
  await session.release();
  const table: Operand = { dims: [ROWS, width], data: readBack(values.get("table")!, width, precision) };
  const bias: Operand = { dims: [ROWS], data: values.get("bias")! };
  const fed = new Map<string, Operand>([
    ["ids", { dims: [ids.length], data: ids }],
    ["table", table],
    ["bias", bias],
  ]);
  return { model, given, wanted: interpret(graph, fed) };
}

const largest = (one: ArrayLike<number>, other: ArrayLike<number>): number => {
  expect(one).toHaveLength(other.length);
  return Math.max(...Array.from(one, (value, i) => Math.abs(value - other[i])));
};

describe.each(["int8", "int4"] as const)("%s", (precision) => {
  test.each([16, 30, 64, 70, 96])(
    "rows of %i are read back exactly, and multiplied nearly so",
    async (width) => {
      const { given, wanted } = await run(width, precision);
      expect(largest(given.rows.data as Float32Array, wanted.get("rows")!.data)).toBeLessThan(1e-6);
      // What is multiplied is quantised too, to 8 bits: its greatest number is 1, its sum over a row some 10.
      expect(largest(given.logits.data as Float32Array, wanted.get("logits")!.data)).toBeLessThan(0.03);
    },
  );

  test("a matrix that is used twice is stored once", async () => {
    const { model } = await run(64, precision);
    const weights = model.initializers.filter(({ dims }) => dims.length > 1);
    const bytes = weights.map(({ data }) => ("length" in data ? data.length : 0));
    expect(Math.max(...bytes)).toBe((ROWS * 64) / (precision === "int8" ? 1 : 2));
    expect(bytes.reduce((a, b) => a + b)).toBeLessThan(ROWS * 64 * 1.1);
  });
});

const stored = (name: string, rows: number): [string, StoredTensor] => [
  name,
  { file: name, dtype: "F32", shape: [rows, 64], offset: 0, bytes: rows * 256 },
];

test("a matrix of few rows stays as it is: a head's labels, the two segments", async () => {
  const g = new GraphBuilder();
  const x = g.embed(g.parameter("segments", [2, 64]), g.input("ids", ["length"], "int32"));
  g.output("labels", g.linear(x, g.parameter("weight", [9, 64])));
  for (const profile of [int8, int4]) {
    const { nodes, initializers } = emit(g.build(), new Map([stored("segments", 2), stored("weight", 9)]), {
      signature,
      profile,
      compute: "F32",
      read: async () => new Float32Array(),
    });
    expect(nodes.map(({ operator }) => operator)).toEqual(["Gather", "Transpose", "MatMul"]);
    expect(initializers.every(({ type }) => type === "F32")).toBe(true);
  }
});
