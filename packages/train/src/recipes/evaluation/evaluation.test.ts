import { expect, test } from "vitest";
import type { Plugin, Predictor } from "@cloze/core";
import { evaluateAnswers } from "./answers.ts";
import { evaluateChoices } from "./choices.ts";
import { evaluateClassification } from "./classification.ts";
import { evaluateRegression } from "./regression.ts";
import { evaluateTags } from "./tags.ts";

/** A predictor that says what it is told, each answer once. */
function saying(task: "classify" | "ask" | "tag" | "choose", answers: readonly object[]): Predictor {
  const left = [...answers];
  return {
    [task]: async (inputs: readonly unknown[]) => left.splice(0, inputs.length),
  } as unknown as Predictor;
}

const plugin = (kind: Plugin["kind"], labels: readonly string[]): Plugin => ({
  name: "head",
  version: "",
  title: "",
  kind,
  labels,
  features: "pooler",
  scope: "classifier",
  examples: [],
  metrics: {},
});

const label = (name: string, score: number) => ({ label: name, score, scores: { [name]: score } });
const texts = ["glad", "sad", "sad", "glad"].map((one, i) => ({
  line: i + 2,
  text: `text ${i}`,
  label: one,
}));

test("classification counts what is right, and lists the surest mistakes first", async () => {
  const said = [label("glad", 0.9), label("glad", 0.6), label("sad", 0.7), label("sad", 0.8)];
  const head = plugin("sequence", ["glad", "sad"]);
  const { metrics, mistakes, measure } = await evaluateClassification(saying("classify", said), head, texts, {
    file: "dev.tsv",
  });
  expect(metrics).toMatchObject({ accuracy: 0.5, f1: 0.5, matthews: 0 });
  expect(mistakes).toEqual([
    { input: "text 3", expected: "glad", found: "sad", surety: 0.8 },
    { input: "text 1", expected: "sad", found: "glad", surety: 0.6 },
  ]);
  expect(measure([0, 0, 2]).accuracy).toBe(1);
  expect(measure([1, 3, 3]).accuracy).toBe(0);
});

test("several labels a text are right where all are", async () => {
  const rows = ["a|b", "a", ""].map((one, i) => ({ line: i + 2, text: `${i}`, label: one }));
  const scores = [
    { a: 0.9, b: 0.8 },
    { a: 0.9, b: 0.6 },
    { a: 0.1, b: 0.2 },
  ];
  const said = scores.map((each) => ({ label: "a", score: each.a, scores: each }));
  const head = plugin("multi-label", ["a", "b"]);
  const { metrics, mistakes } = await evaluateClassification(saying("classify", said), head, rows, {
    file: "",
  });
  expect(metrics).toMatchObject({ exact: 2 / 3, microF1: 6 / 7, "f1 a": 1 });
  expect(mistakes).toMatchObject([{ input: "1", expected: "a", found: "a, b" }]);
});

test("regression correlates, and its mistakes are those that are farthest off", async () => {
  const rows = [1, 2, 3].map((value) => ({ line: value, text: `${value}`, pair: "x", label: `${value}` }));
  const said = [10, 20, 31].map((value) => ({ value }));
  const head = plugin("regression", ["value"]);
  const { metrics, mistakes } = await evaluateRegression(saying("classify", said), head, rows, { file: "" });
  expect(metrics.spearman).toBeCloseTo(1, 12);
  expect(metrics.correlation).toBeCloseTo((metrics.pearson + metrics.spearman) / 2, 12);
  expect(mistakes[0]).toEqual({ input: "3 | x", expected: "3", found: "31.0", surety: 28 });
});

test("choices count those that are right", async () => {
  const questions = [0, 1].map((right) => ({ line: 1, context: "c", choices: ["x", "y"], label: right }));
  const said = [0.9, 0.7].map((score) => ({ choice: 0, scores: [score, 1 - score] }));
  const { metrics, mistakes } = await evaluateChoices(
    saying("choose", said),
    plugin("choice", ["choice"]),
    questions,
  );
  expect(metrics).toEqual({ accuracy: 0.5 });
  expect(mistakes).toEqual([{ input: "c", expected: "y", found: "x", surety: 0.7 }]);
});

const question = (id: string, references: string[]) => ({
  id,
  question: id,
  context: "",
  answers: [],
  references,
});

test("answers are scored as the form's own script scores them", async () => {
  const said = ["in 1896", "Anton"].map((answer) => ({ answer, answers: [{ probability: 0.5, score: 1 }] }));
  const head = plugin("span", ["start", "end"]);
  const questions = [question("when", ["1896"]), question("who", [])];
  const two = await evaluateAnswers(saying("ask", said), head, { form: "2.0", questions });
  expect(two.metrics).toMatchObject({
    exact: 0,
    HasAns_f1: expect.closeTo(200 / 3, 9) as unknown,
    NoAns_f1: 0,
  });
  expect(two.mistakes[1]).toEqual({ input: "who", expected: "(no answer)", found: "Anton", surety: 0.5 });
  expect(two.measure([0]).f1).toBeCloseTo(200 / 3, 9);
  const none = [{ answer: "", nullScore: 1, answers: [{ probability: 0.4, score: 1 }] }];
  const silent = await evaluateAnswers(saying("ask", none), head, { form: "2.0", questions: [questions[0]] });
  expect(silent.mistakes).toEqual([{ input: "when", expected: "1896", found: "(no answer)", surety: 0.5 }]);
  const one = await evaluateAnswers(saying("ask", said), head, { form: "1.1", questions: [questions[0]] });
  expect(one.metrics).toEqual({ exact_match: 0, f1: expect.closeTo(200 / 3, 9) as unknown });
});

const entity = (start: number, name: string, score = 0.9) => ({
  label: name,
  start,
  end: start + 1,
  text: "",
  score,
});

test("entities are right where kind and ends are, of a sample too", async () => {
  const sentences = [
    { line: 1, words: ["Anton", "wrote"], labels: ["B-PER", "O"] },
    { line: 4, words: ["in", "Berlin"], labels: ["O", "B-LOC"] },
  ];
  const said = [
    { entities: [entity(0, "B-PER"), entity(6, "O")] },
    { entities: [entity(0, "O"), entity(3, "B-PER", 0.6)] },
  ];
  const head = plugin("token", ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]);
  const { metrics, mistakes, measure } = await evaluateTags(saying("tag", said), head, sentences, {
    file: "x",
  });
  expect(metrics).toEqual({
    precision: 0.5,
    recall: 0.5,
    f1: 0.5,
    "f1 LOC": 0,
    "f1 PER": 2 / 3,
    entities: 2,
  });
  expect(measure([0, 1])).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
  expect(measure([0])).toEqual({ precision: 1, recall: 1, f1: 1 });
  expect(mistakes).toEqual([
    { input: "in Berlin", expected: "Berlin (LOC)", found: "Berlin (PER)", surety: 0.6 },
  ]);
});

test("a word whose first character the tokenizer drops has the label of its first piece", async () => {
  const sentences = [{ line: 1, words: ["in", "\u200BBerlin"], labels: ["O", "B-LOC"] }];
  const said = [{ entities: [entity(0, "O"), entity(4, "B-LOC"), entity(6, "I-LOC")] }];
  const head = plugin("token", ["O", "B-LOC", "I-LOC"]);
  const { results } = await evaluateTags(saying("tag", said), head, sentences, { file: "x" });
  expect(results[0].labels).toEqual(["O", "B-LOC"]);
});
