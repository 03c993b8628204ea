import { describe, expect, test } from "vitest";
import { needed } from "../graph/interpret.ts";
import { buildModel } from "../heads/index.ts";
import { parseConfig, presets } from "./config.ts";
import { flopsPerToken, parameterCount } from "./parameters.ts";

const minimal = {
  vocab_size: 30522,
  hidden_size: 384,
  num_hidden_layers: 6,
  num_attention_heads: 12,
  intermediate_size: 1536,
};
const parse = (more: Record<string, unknown>) => parseConfig(JSON.stringify({ ...minimal, ...more }));

describe("parameters", () => {
  test("BASE has the paper's 110M and LARGE its 340M", () => {
    expect(parameterCount(presets.base).total).toBe(109_482_240);
    expect(parameterCount(presets.large).total).toBe(335_141_888);
  });

  test("the terms are V·H, P·H, 2·H and L·12·H²", () => {
    const count = parameterCount(presets.base);
    expect(count.wordEmbeddings).toBe(30522 * 768);
    expect(count.positionEmbeddings).toBe(512 * 768);
    expect(count.segmentEmbeddings).toBe(2 * 768);
    expect(count.encoderWeights).toBe(12 * 12 * 768 ** 2);
  });

  test.each(Object.entries(presets))("the formula counts what the graph of %s declares", (_, config) => {
    const { parameters } = buildModel(config, { pooler: true, heads: [] });
    const sizes = parameters.map(({ shape }) => shape.reduce((a: number, b) => a * Number(b), 1));
    expect(sizes.reduce((a, b) => a + b)).toBe(parameterCount(config).total);
  });
});

describe("operations", () => {
  test("a token of BASE in a text of 128 takes twice the weights of its layers, and attention", () => {
    expect(flopsPerToken(presets.base, 128)).toEqual({
      linear: 2 * 84_934_656, // 85M weights
      attention: 12 * (2 * 128 * 768 + 2 * 128 * 768), // scores, then the weighted sum
      total: 174_587_904,
    });
  });

  test.each(Object.entries(presets))("the formula counts what the graph of %s multiplies", (_, config) => {
    const graph = buildModel(config, { pooler: false, heads: [] });
    let linear = 0;
    let attention = 0;
    for (const { operator, inputs } of needed(graph, [graph.outputs.get("last_hidden_state")!])) {
      if (operator === "linear") linear += 2 * Number(inputs[1].shape[0]) * Number(inputs[1].shape[1]);
      if (operator === "attention") attention += 2 * 2 * 512 * Number(inputs[0].shape[2]);
    }
    expect(flopsPerToken(config, 512)).toMatchObject({ linear, attention });
  });
});

describe("config.json", () => {
  test("what is left out is what Hugging Face takes by default", () => {
    const { config, head } = parse({});
    expect(config).toMatchObject({
      maxPositions: 512,
      segmentTypes: 2,
      activation: "gelu",
      layerNormEpsilon: 1e-12,
      dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 },
    });
    expect(head).toEqual({
      architecture: "BertModel",
      labels: ["LABEL_0", "LABEL_1"],
      problem: undefined,
      tied: true,
    });
  });

  test("labels are in the order of their ids, whatever order they are written in", () => {
    expect(parse({ id2label: { 2: "c", 0: "a", 1: "__proto__" } }).head.labels).toEqual([
      "a",
      "__proto__",
      "c",
    ]);
  });

  test.each([
    ["a model of another kind", { model_type: "roberta" }, 'This is a model of type "roberta"'],
    ["relative positions", { position_embedding_type: "relative_key" }, "relative_key"],
    ["a decoder", { is_decoder: true }, "decoder"],
    ["an unknown activation", { hidden_act: "silu" }, "silu"],
    ["a size that is no number", { hidden_size: "384" }, "hidden_size should be a positive whole number"],
    ["heads that do not divide", { num_attention_heads: 7 }, "7 attention heads do not divide"],
    ["two labels of one name", { id2label: { 0: "a", 1: "a" } }, "one name"],
    ["a gap in the labels", { id2label: { 0: "a", 2: "c" } }, "id2label"],
    ["an id that is no number", { id2label: { "-1": "a", 0: "b" } }, "id2label"],
    ["an id that is a fraction", { id2label: { "0.5": "a", 0: "b" } }, "id2label"],
    ["more labels than there can be", { num_labels: 1e12 }, "num_labels"],
    ["a problem that is none", { problem_type: "guess" }, "guess"],
  ])("%s is refused by name", (_, more, message) => {
    expect(() => parse(more)).toThrow(message);
  });

  test.each(["", "[]", "null", "{"])("%j is refused as damaged", (text) => {
    expect(() => parseConfig(text)).toThrow(/config\.json/);
  });
});
