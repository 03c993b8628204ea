import { describe, expect, test } from "vitest";
import { readModel } from "./read-model.ts";

const config = (more: object = {}) =>
  JSON.stringify({
    vocab_size: 6,
    hidden_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 16,
    ...more,
  });
const vocabTxt = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n";
const plugin = (more: object) =>
  JSON.stringify({ name: "moods", kind: "sequence", labels: ["sad", "glad"], ...more });
const read = (plugins: string[], more: object = {}) => readModel({ config: config(more), vocabTxt, plugins });

test("the head that came with the model stands before the plugins", () => {
  const { plugins } = read([plugin({})], { architectures: ["BertForQuestionAnswering"] });
  expect(plugins.map(({ name, kind }) => `${name} ${kind}`)).toEqual(["head span", "moods sequence"]);
});

describe("a plugin that does not fit is refused by name", () => {
  test.each([
    ["two of one name", [plugin({}), plugin({})], "The name moods is taken"],
    ["the name of the model's own head", [plugin({ name: "head" })], "The name head is taken"],
    ["a span of one label", [plugin({ kind: "span", features: "hidden", labels: ["start"] })], "two labels"],
    ["a span of a pooled vector", [plugin({ kind: "span" })], "should be hidden"],
    ["a label for a text from every token", [plugin({ features: "hidden" })], "one vector of the text"],
    ["a regression to two numbers", [plugin({ kind: "regression" })], "one label, not 2"],
    ["labels for tokens from one vector", [plugin({ kind: "token" })], "should be hidden"],
  ])("%s", (_, plugins, message) => {
    expect(() => read(plugins)).toThrow(expect.objectContaining({ code: "invalid-plugin" }));
    expect(() => read(plugins)).toThrow(message);
  });

  test("several numbers at once are no regression that can be run", () => {
    const more = {
      architectures: ["BertForSequenceClassification"],
      problem_type: "regression",
      num_labels: 3,
    };
    expect(() => read([], more)).toThrow("one label, not 3");
  });
});

test("a vocabulary larger than the embeddings is of another model", () => {
  expect(() => readModel({ config: config(), vocabTxt: `${vocabTxt}b\nc\nd\n`, plugins: [] })).toThrow(
    "not of one model",
  );
});
