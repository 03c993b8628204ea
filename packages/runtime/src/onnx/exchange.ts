/**
 * The model as other tools expect it: one head, with the names and int64 inputs of Hugging Face's own ONNX exports.
 *
 * The graph is the one that our own sessions run; here it only gets other outputs and another signature.
 */
import { ClozeError, GraphBuilder } from "@cloze/core";
import type { Graph, HeadKind, ModelDescription, Plugin, Value } from "@cloze/core";
import type { Signature } from "./emit.ts";
import type { Emitter } from "./lowering.ts";

/** One way of looking at a model: with one of its heads, with both that it was pre-trained with, or with none. */
export interface Face {
  /** The head's name, `none` or `pretraining`. */
  readonly name: string;
  /** The head, where it is one. */
  readonly plugin: Plugin | undefined;
  /** The class of transformers. */
  readonly architecture: string;
  /** Hugging Face's name of the task. */
  readonly task: string;
  /** What it gives, by Hugging Face's names, of the outputs of the whole graph. */
  outputs(g: GraphBuilder, whole: Graph["outputs"]): ReadonlyMap<string, Value | undefined>;
}

type HeadFace = Pick<Face, "architecture" | "task">;

const classification = { architecture: "BertForSequenceClassification", task: "text-classification" };

/** What a head of each kind is called in transformers. */
const faces: { readonly [K in HeadKind]: HeadFace } = {
  sequence: classification,
  regression: classification,
  "multi-label": classification,
  token: { architecture: "BertForTokenClassification", task: "token-classification" },
  span: { architecture: "BertForQuestionAnswering", task: "question-answering" },
  choice: { architecture: "BertForMultipleChoice", task: "multiple-choice" },
  "masked-lm": { architecture: "BertForMaskedLM", task: "fill-mask" },
  "next-sentence": { architecture: "BertForNextSentencePrediction", task: "next-sentence-prediction" },
};

const features: Face = {
  name: "none",
  plugin: undefined,
  architecture: "BertModel",
  task: "feature-extraction",
  outputs: (_, whole) =>
    new Map(["last_hidden_state", "pooler_output"].map((name) => [name, whole.get(name)] as const)),
};

const pretraining: Face = {
  name: "pretraining",
  plugin: undefined,
  architecture: "BertForPreTraining",
  task: "fill-mask",
  outputs: (_, whole) =>
    new Map([
      ["prediction_logits", whole.get("masked-lm")],
      ["seq_relationship_logits", whole.get("next-sentence")],
    ]),
};

/**
 * What of a model is exported.
 *
 * @param name A head's name, `none` for the encoder's own outputs, or `pretraining` for the two heads of a
 *   `BertForPreTraining`. By default the first head there is.
 * @throws ClozeError `not-found`.
 */
export function chooseFace({ architecture, plugins }: ModelDescription, name = plugins.at(0)?.name): Face {
  if (name === undefined || name === "none") return features;
  const whole = architecture === "BertForPreTraining";
  if (whole && name === "pretraining") return pretraining;
  const plugin = plugins.find((one) => one.name === name);
  if (!plugin)
    throw new ClozeError(
      "not-found",
      `There is no head named ${name}; there are ${[...plugins.map((one) => one.name), ...(whole ? ["pretraining"] : []), "none"].join(", ")}.`,
      { field: "plugin" },
    );
  return {
    name,
    plugin,
    ...faces[plugin.kind],
    outputs(g, all) {
      const logits = all.get(name)!; // the graph has every head
      if (plugin.kind !== "span") return new Map([["logits", logits]]);
      return new Map([
        ["start_logits", g.select(logits, 2, 0)],
        ["end_logits", g.select(logits, 2, 1)],
      ]);
    },
  };
}

/**
 * The graph of one face.
 *
 * @param whole The graph of the whole folder (`graphOf`).
 * @returns Its inputs are `input_ids`, `token_type_ids` and `attention_mask`; a head on masked words gives the logits
 *   of every position.
 */
export function exchangeGraph(whole: Graph, face: Face): Graph {
  const graph = atEveryPosition(whole);
  const g = new GraphBuilder();
  const outputs = [...face.outputs(g, graph.outputs)].filter(
    (one): one is [string, Value] => one[1] !== undefined,
  );
  return { ...graph, nodes: [...graph.nodes, ...g.build().nodes], outputs: new Map(outputs) };
}

/** Rows are no longer gathered at the masks: whoever reads logits [batch, length, vocabulary] chooses for himself. */
function atEveryPosition(graph: Graph): Graph {
  const gathered = new Map<Value, Value>();
  for (const { operator, inputs, output } of graph.nodes)
    if (operator === "gatherRows") gathered.set(output, inputs[0]);
  return {
    ...graph,
    inputs: graph.inputs.filter(({ shape }) => shape[1] !== "masks"),
    nodes: graph.nodes
      .filter(({ output }) => !gathered.has(output))
      .map((node) => ({ ...node, inputs: node.inputs.map((value) => gathered.get(value) ?? value) })),
  };
}

/** What the dimensions of a graph are called in Hugging Face's exports. */
const dimensions: Readonly<Record<string, string>> = {
  batch: "batch_size",
  length: "sequence_length",
  masks: "sequence_length",
};

/**
 * Hugging Face's signature: int64 inputs, float32 outputs. Of a multiple choice, inputs are [batch, choices, length]
 * and logits [batch, choices].
 */
export function exchangeSignature(compute: "F32" | "F16", choices: boolean): Signature {
  const to = { F32: 1, F16: 10 }[compute];
  return {
    input(e, name, value) {
      const [batch, length] = renamed(value);
      const dims = choices ? [batch, "num_choices", length] : [batch, length];
      const rows = choices ? choiceRows(e, name) : name;
      return {
        info: { name, type: "I64", dims },
        read: value.type === "float32" ? e.node("Cast", [rows], { to }) : rows,
      };
    },
    output(e, name, value, result) {
      const wide = compute === "F32" ? result : e.node("Cast", [result], { to: 1 });
      if (!choices) return { info: { name, type: "F32", dims: renamed(value) }, result: wide };
      const byText = e.node("Shape", ["input_ids"], { start: 0, end: 2 });
      return {
        info: { name, type: "F32", dims: ["batch_size", "num_choices"] },
        result: e.node("Reshape", [wide, byText]),
      };
    },
  };
}

function renamed({ shape }: Value): (number | string)[] {
  return shape.map((size) => (typeof size === "string" ? dimensions[size] : size));
}

/** [batch, choices, length] → [batch · choices, length] */
function choiceRows(e: Emitter, name: string): string {
  const length = e.node("Shape", [name], { start: 2, end: 3 });
  return e.node("Reshape", [name, e.node("Concat", [e.ints([-1]), length], { axis: 0 })]);
}
