import { describe, expect, test } from "vitest";
import type { ElementType, OnnxStructure, OnnxValue } from "./onnx/read.ts";
import { bindModel } from "./signature.ts";

type Dims = readonly (number | string)[];
const value = (name: string, type: ElementType | undefined, dims: Dims | undefined): OnnxValue => ({
  name,
  type,
  dims,
});
const ids = value("input_ids", "int64", ["batch", "length"]);
const mask = value("attention_mask", "int64", ["batch", "length"]);
const hidden = value("last_hidden_state", "float32", ["batch", "length", 8]);

const structure = (inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): OnnxStructure => ({
  irVersion: 9,
  opsets: new Map([["", 17]]),
  inputs,
  outputs,
  nodes: [],
  functions: new Set(),
  initializers: new Map(),
});

const sizes = {
  vocab_size: 50,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 16,
};

function bind(inputs: readonly OnnxValue[], outputs: readonly OnnxValue[], more: object = {}) {
  const { signature, config } = bindModel(structure(inputs, outputs), JSON.stringify({ ...sizes, ...more }));
  const { architectures, num_labels: labels } = JSON.parse(config) as {
    architectures: string[];
    num_labels?: number;
  };
  const roles = Object.fromEntries([...signature.outputs].map(([role, { name }]) => [role, name]));
  return { signature, roles, architecture: architectures[0], labels };
}

const logits = (...dims: Dims) => value("logits", "float32", dims);

const choice = (...dims: Dims) => [value("input_ids", "int64", dims), value("attention_mask", "int64", dims)];

describe("inputs", () => {
  test.each([
    ["input_ids", "attention_mask", "token_type_ids"],
    ["input_ids:0", "input_mask:0", "segment_ids:0"], // tf2onnx
    ["input.1", "attention_mask.1", "token_type_ids.1"], // torch.onnx without names
    ["serving_default_input_word_ids:0", "input_mask", "input_type_ids"], // TensorFlow Hub
  ])("%s, %s and %s are known", (one, two, three) => {
    const named = [three, two, one].map((name) => value(name, "int32", ["b", "l"]));
    expect(bind(named, [hidden]).signature.inputs.map(({ name, feed }) => [name, feed])).toEqual([
      [three, "token_type_ids"],
      [two, "attention_mask"],
      [one, "input_ids"],
    ]);
  });

  test.each(["int64", "int32", "float32", "float16", "bool"] as const)("a mask may be of %s", (type) => {
    expect(bind([ids, { ...mask, type }], [hidden]).signature.inputs[1].type).toBe(type);
  });

  test("two that may be the same are refused", () => {
    expect(() => bind([ids, value("tokens", "int64", ["b", "l"])], [hidden])).toThrow(
      "Both input_ids and tokens may be the model's input_ids",
    );
  });

  test("ids that are no whole numbers are refused", () => {
    expect(() => bind([{ ...ids, type: "float32" }], [hidden])).toThrow("none of its inputs is token ids");
    expect(() => bind([{ ...ids, dims: ["batch"] }], [hidden])).toThrow("its token ids are [batch]");
  });

  test("a mask of another shape or type is refused", () => {
    const square = value("attention_mask", "int64", ["b", 1, "l", "l"]);
    expect(() => bind([ids, square], [hidden])).toThrow("should be shaped like its token ids, of rank 2");
    expect(() => bind([ids, { ...mask, type: undefined }], [hidden])).toThrow(
      "is of a type that Cloze cannot give",
    );
  });

  test("fixed sizes are told, free ones are not", () => {
    const fixed = [value("input_ids", "int64", [4, 32]), value("attention_mask", "int64", [4, 32])];
    expect(bind(fixed, [hidden]).signature).toMatchObject({
      rows: 4,
      length: 32,
      choices: undefined,
      masked: true,
    });
    expect(bind([ids], [hidden]).signature).toMatchObject({
      rows: undefined,
      length: undefined,
      masked: false,
    });
  });

  test("of a multiple choice are rows of choices", () => {
    expect(bind(choice("b", "c", "l"), [logits("b", "c")]).signature).toMatchObject({
      choices: 1,
      rows: undefined,
    });
    expect(bind(choice("b", 4, "l"), [logits("b", "c")]).signature).toMatchObject({ choices: 4, rows: 4 });
    expect(bind(choice("b", 4, "l"), [logits("b", "c")]).architecture).toBe("BertForMultipleChoice");
    expect(() => bind(choice(2, 4, "l"), [logits("b", "c")])).toThrow(
      "takes 2 questions of 4 choices at once",
    );
  });
});

describe("outputs", () => {
  const inputs = [ids, mask];

  test.each([
    ["BertForSequenceClassification", logits("b", 3), "BertModel"],
    ["BertForNextSentencePrediction", logits("b", 2), "BertForNextSentencePrediction"],
    ["BertForTokenClassification", logits("b", "l", 3), "BertModel"],
    ["BertForMaskedLM", logits("b", "l", 50), "BertModel"],
    ["BertForMaskedLM", logits("b", "l", "v"), "BertForPreTraining"],
    ["BertForQuestionAnswering", logits("b", "l", 2), "BertForQuestionAnswering"],
    ["BertModel", hidden, "BertForMaskedLM"],
  ])("are a %s whatever config.json was written for", (architecture, output, named) => {
    expect(bind(inputs, [output], { architectures: [named] }).architecture).toBe(architecture);
  });

  test("that say nothing are told by their shapes", () => {
    const one = value("904", "float32", ["b", "l", 8]);
    const two = value("917", "float32", ["b", 8]);
    expect(bind(inputs, [one, two]).roles).toEqual({ last_hidden_state: "904", pooler_output: "917" });
    const [end, start] = ["unstack:1", "unstack:0"].map((name) => value(name, "float32", ["b", "length"]));
    expect(bind(inputs, [end, start]).roles).toEqual({ start_logits: "unstack:0", end_logits: "unstack:1" });
    expect(bind(inputs, [value("output", "float32", ["b", 5])])).toMatchObject({
      architecture: "BertForSequenceClassification",
      labels: 5,
    });
  });

  test("a vector of another size than the hidden states is left out", () => {
    const sentence = value("sentence_embedding", "float32", ["b", 4]);
    expect(bind(inputs, [value("token_embeddings", "float32", ["b", "l", 8]), sentence]).roles).toEqual({
      last_hidden_state: "token_embeddings",
    });
  });

  test("that contradict config.json are refused", () => {
    expect(() => bind(inputs, [hidden], { hidden_size: 16 })).toThrow("but config.json says hidden_size 16");
    expect(() => bind(inputs, [logits("b", 3)], { id2label: { 0: "a", 1: "b" } })).toThrow(
      "gives 3 logits, but config.json names 2 labels",
    );
    expect(() =>
      bind(inputs, [logits("b", "l", 51)], { architectures: ["BertForMaskedLM"], num_labels: 2 }),
    ).toThrow("gives 51 logits");
  });

  test("of unknown width need labels", () => {
    expect(() => bind(inputs, [logits("b", "n")])).toThrow("tells how many labels there are");
    expect(bind(inputs, [logits("b", "n")], { id2label: { 0: "a", 1: "b", 2: "c" } }).labels).toBe(3);
  });
});
