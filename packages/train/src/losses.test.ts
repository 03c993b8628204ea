import { expect, test } from "vitest";
import { GraphBuilder, interpret } from "@cloze/core";
import type { HeadKind, Operand } from "@cloze/core";
import { labelsName, losses, weightsName } from "./losses.ts";

const tensor = (dims: readonly number[], ...data: number[]): Operand => ({
  dims,
  data: Float64Array.from(data),
});

/** The loss of one example of weight 1. */
function lossOf(kind: HeadKind, smoothing: number, labels: Operand, logits: Operand): number {
  const g = new GraphBuilder();
  const shape = ["batch", kind === "span" ? "length" : 3, 2].slice(0, logits.dims.length);
  g.output("loss", losses[kind](g, "head", g.input("logits", shape, "float32"), { smoothing }));
  const feeds = new Map([
    ["logits", logits],
    [labelsName("head"), labels],
    [weightsName("head"), tensor([1], 1)],
  ]);
  return interpret(g.build(), feeds).get("loss")!.data[0];
}

/** -log p of each number, as a softmax has it. */
const surprises = (row: readonly number[]): number[] => {
  const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
  return row.map((x) => total - x);
};
const mean = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0) / row.length;

test("a smoothed label counts less by a share, which all labels get alike", () => {
  const row = surprises([1, -2, 0.5]);
  const labels = tensor([1], 2);
  expect(lossOf("sequence", 0, labels, tensor([1, 3], 1, -2, 0.5))).toBeCloseTo(row[2], 12);
  expect(lossOf("sequence", 0.1, labels, tensor([1, 3], 1, -2, 0.5))).toBeCloseTo(
    0.9 * row[2] + 0.1 * mean(row),
    12,
  );
});

test("the labels of a span are smoothed over all tokens, however many there are", () => {
  const [starts, ends] = [surprises([3, 1, 0, -1]), surprises([0, 2, 5, 1])];
  const logits = tensor([1, 4, 2], 3, 0, 1, 2, 0, 5, -1, 1);
  const sharp = (starts[1] + ends[2]) / 2;
  expect(lossOf("span", 0, tensor([1, 2], 1, 2), logits)).toBeCloseTo(sharp, 12);
  expect(lossOf("span", 0.2, tensor([1, 2], 1, 2), logits)).toBeCloseTo(
    0.8 * sharp + 0.2 * mean([...starts, ...ends]),
    12,
  );
});

test.each([
  [1000, 1, 0],
  [-1000, 0, 0],
  [1000, 0, 1000],
])(
  "binary cross-entropy of the logit %d and the label %d is %d: no exp overflows",
  (logit, label, expected) => {
    const logits = tensor([1, 3], logit, logit, logit);
    expect(lossOf("multi-label", 0, tensor([1, 3], label, label, label), logits)).toBeCloseTo(expected, 9);
  },
);

test("a choice whose number of choices is not said is refused", () => {
  expect(() => lossOf("choice", 0, tensor([1], 0), tensor([4, 1], 1, 2, 3, 4))).toThrow(
    "Say how many choices a question of the head head has.",
  );
});
