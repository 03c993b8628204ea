/**
 * What is exported is what other tools expect: run by ONNX Runtime with Hugging Face's inputs, it gives Hugging Face's
 * outputs, in every precision.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { load, openFolder, planExport, exportModel } from "@cloze/runtime/node";
import type { ExportOptions, Precision } from "@cloze/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { fixturePath, largestDifference, readCases, unpack } from "../reference/fixtures.ts";
import type { Case } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";
import { runFile } from "./onnx-runtime.ts";
import type { Inputs, Ran } from "./onnx-runtime.ts";

const root = mkdtempSync(path.join(tmpdir(), "cloze-export-"));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
const fresh = () => path.join(root, String(count++));
const checkpoint = (name: string) => fixturePath(`checkpoints/${name}`);

async function exported(from: string, options: ExportOptions = {}, to = fresh()) {
  const record = await exportModel(await openFolder(from), to, options);
  const { file } = planExport(await openFolder(from), options);
  return { record, to, file: path.join(to, file) };
}

/** Hugging Face's inputs of a case; of a multiple choice one question with all its choices. */
function inputsOf({ input_ids, attention_mask, token_type_ids }: Case, choices: boolean): Inputs {
  if (!choices) return { input_ids, attention_mask, token_type_ids };
  return { input_ids: [input_ids], attention_mask: [attention_mask], token_type_ids: [token_type_ids] };
}

/** The largest difference of the outputs from transformers' own, on real tokens. */
function difference({ outputs }: Ran, each: Case): number {
  const everyRow = each.input_ids.map(() => [1]);
  let largest = 0;
  for (const [name, { data, dims }] of Object.entries(outputs)) {
    const wanted = each.outputs[name] ?? each.outputs["prediction_logits"];
    if (name === "prediction_logits" || (name === "logits" && !each.outputs["logits"])) {
      // The fixtures keep the logits of some positions only.
      const { positions } = each as Case & { readonly positions: readonly (readonly number[])[] };
      const [, length, width] = dims;
      const picked = positions.flatMap((row, r) =>
        row.flatMap((at) => [...data.subarray((r * length + at) * width, (r * length + at + 1) * width)]),
      );
      largest = Math.max(largest, largestDifference(picked, unpack(wanted), [picked.map(() => 1)], 1));
      continue;
    }
    const tokens = dims[1] === each.input_ids[0].length && name !== "pooler_output";
    const width = tokens ? (dims[2] ?? 1) : data.length / everyRow.length;
    largest = Math.max(
      largest,
      largestDifference(data, unpack(wanted), tokens ? each.attention_mask : everyRow, width),
    );
  }
  return largest;
}

/** What transformers' own exports of each class give. */
const outputNames: Readonly<Record<string, readonly string[]>> = {
  BertModel: ["last_hidden_state", "pooler_output"],
  BertForPreTraining: ["prediction_logits", "seq_relationship_logits"],
  BertForMaskedLM: ["logits"],
  BertForNextSentencePrediction: ["logits"],
  BertForSequenceClassification: ["logits"],
  BertForTokenClassification: ["logits"],
  BertForQuestionAnswering: ["start_logits", "end_logits"],
  BertForMultipleChoice: ["logits"],
};

describe.each(readdirSync(fixturePath("checkpoints")))("%s", (name) => {
  const cases = readCases(`checkpoints/${name}/expected.json`);

  test("gives transformers' outputs by transformers' names, within 1e-4", async () => {
    const { architecture } = await openFolder(checkpoint(name));
    const plugin = architecture === "BertForPreTraining" ? "pretraining" : undefined;
    const { file, record } = await exported(checkpoint(name), { plugin });
    expect(record.architecture).toBe(architecture);
    for (const each of cases) {
      const ran = await runFile(file, inputsOf(each, architecture === "BertForMultipleChoice"));
      expect(ran.outputNames).toEqual(outputNames[architecture]);
      expect(difference(ran, each), each.name).toBeLessThan(1e-4);
    }
  });

  test("gives the encoder's own outputs without its head", async () => {
    const { file, record, to } = await exported(checkpoint(name), { plugin: "none" });
    expect(record.architecture).toBe("BertModel");
    expect(JSON.parse(readFileSync(path.join(to, "config.json"), "utf8"))).toHaveProperty("architectures", [
      "BertModel",
    ]);
    for (const each of cases)
      expect(difference(await runFile(file, inputsOf(each, false)), each)).toBeLessThan(1e-4);
  });

  // Weights as wide as these, in rows of 16, lose more than real ones; the hidden states reach to 4.
  test.each<[Precision, number]>([
    ["fp16", 0.01],
    ["int8", 0.25],
    ["int4", 1.6],
  ])("in %s is like the float32 model", async (precision, most) => {
    const { file } = await exported(checkpoint(name), { plugin: "none", precision });
    for (const each of cases) {
      const far = difference(await runFile(file, inputsOf(each, false)), each);
      expect(far).toBeLessThan(most);
      expect(far, "is computed in another precision").toBeGreaterThan(1e-4);
    }
  });
});

const json = (to: string, name: string) => JSON.parse(readFileSync(path.join(to, name), "utf8")) as unknown;
const everyFile = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
/** What is in a folder, and what is beside it: nothing half-made may be left. */
const around = (to: string) => readdirSync(root).filter((name) => name.includes(path.basename(to)));

const fail = async (file: string) => {
  expect(statSync(file).size).toBeGreaterThan(1000);
  throw new RangeError("too far");
};

describe("the folder", () => {
  test("tells of the one head, in Hugging Face's words", async () => {
    const { to } = await exported(starter, { plugin: "entities", precision: "int4" });
    expect(json(to, "config.json")).toMatchObject({
      architectures: ["BertForTokenClassification"],
      id2label: { 0: "O", 1: "B-PER" },
      label2id: { "B-PER": 1 },
      hidden_size: 384,
    });
    expect(everyFile(to)).toEqual([
      "README.md",
      "config.json",
      "export.json",
      "onnx",
      "onnx/model_q4.onnx",
      "tokenizer.json",
      "tokenizer_config.json",
      "vocab.txt",
    ]);
    expect(json(to, "export.json")).toMatchObject({
      plugin: "entities",
      task: "token-classification",
      sha256: { "plugins/entities/head.safetensors": expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
  });

  test.each(["only-vocab-txt", "only-tokenizer-json", "cased", "wide-heads"])(
    "has the files of a tokenizer that others read: %s",
    async (name) => {
      const { to } = await exported(checkpoint(name));
      const { tokenizer, config } = await openFolder(checkpoint(name));
      const settings = json(to, "tokenizer_config.json") as {
        tokenizer_class: string;
        model_max_length: number;
      };
      expect(settings.tokenizer_class).toMatch(/^BertTokenizer/);
      expect(settings.model_max_length).toBeLessThanOrEqual(config.maxPositions);
      await using bert = await load(to, { threads: 1 });
      const text = "The cat sat, un-Paris-able. 北京 [MASK] é";
      expect([...bert.tokenizer.encode(text).ids]).toEqual([...tokenizer.encode(text).ids]);
      expect(json(to, "tokenizer.json")).toHaveProperty("model.type", "WordPiece");
    },
  );

  test("takes several precisions of one head, and its card tells of each", async () => {
    const { to } = await exported(checkpoint("erf"));
    const { record } = await exported(checkpoint("erf"), { precision: "int8" }, to);
    expect(Object.keys(record.files)).toEqual(["onnx/model.onnx", "onnx/model_int8.onnx"]);
    const card = readFileSync(path.join(to, "README.md"), "utf8");
    expect(card).toContain("| `onnx/model.onnx` | fp32 |");
    expect(card).toContain("| `onnx/model_int8.onnx` | int8 |");
    for (const [file, { bytes }] of Object.entries(record.files))
      expect(statSync(path.join(to, file)).size).toBe(bytes);
    await exported(checkpoint("erf"), { precision: "int8" }, to); // again: it is written anew
  });

  test("of another head, of another model, or of something else is refused", async () => {
    const { to } = await exported(checkpoint("erf"));
    const before = everyFile(to);
    await expect(exported(checkpoint("erf"), { plugin: "none" }, to)).rejects.toThrow(
      "which is another model",
    );
    await expect(exported(checkpoint("tanh"), {}, to)).rejects.toThrow("which is another model");
    expect(everyFile(to)).toEqual(before);
    const other = fresh();
    mkdirSync(other);
    writeFileSync(path.join(other, "notes.txt"), "mine");
    await expect(exported(checkpoint("erf"), {}, other)).rejects.toThrow("is in use");
    expect(everyFile(other)).toEqual(["notes.txt"]);
  });

  test("is not there, or is as it was, when the check of the model fails", async () => {
    const to = fresh();
    await expect(exported(checkpoint("erf"), { verify: fail }, to)).rejects.toThrow("too far");
    expect(around(to)).toEqual([]);
    await exported(checkpoint("erf"), {}, to);
    const card = readFileSync(path.join(to, "README.md"), "utf8");
    await expect(exported(checkpoint("erf"), { precision: "int4", verify: fail }, to)).rejects.toThrow(
      "too far",
    );
    expect(around(to)).toEqual([path.basename(to)]);
    expect(readFileSync(path.join(to, "README.md"), "utf8")).toBe(card);
    expect(everyFile(to)).not.toContain("onnx/model_q4.onnx");
  });

  test("keeps what was measured", async () => {
    const measured = { texts: 3, difference: 0.5, share: 0.05, limit: 0.2, agreement: 1 };
    const options = { precision: "int8", verify: () => Promise.resolve(measured) } as const;
    const { record, to } = await exported(checkpoint("erf"), options);
    expect(record.files["onnx/model_int8.onnx"].verification).toMatchObject({ share: 0.05 });
    expect(readFileSync(path.join(to, "README.md"), "utf8")).toContain("0.50 (5 %) on 3 texts | 100 %");
  });

  test("has the model's own card too, its front matter first", async () => {
    const from = fresh();
    cpSync(checkpoint("erf"), from, { recursive: true });
    writeFileSync(path.join(from, "README.md"), "---\nlicense: mit\n---\n# Mine\n");
    const { to } = await exported(from);
    const card = readFileSync(path.join(to, "README.md"), "utf8");
    expect(card.startsWith("---\nlicense: mit\n---\n")).toBe(true);
    expect(card).toMatch(/as ONNX[^]*# Mine/);
  });
});

describe("a model", () => {
  test("that is too large for one file keeps its weights beside it, as transformers.js looks for them", async () => {
    const { to, file, record } = await exported(checkpoint("erf"), { inlineLimit: 10_000 });
    expect(readdirSync(path.join(to, "onnx")).sort()).toEqual(["model.onnx", "model.onnx_data"]);
    const sizes = ["model.onnx", "model.onnx_data"].map((name) => statSync(path.join(to, "onnx", name)).size);
    expect(record.files["onnx/model.onnx"]).toMatchObject({ external: true, bytes: sizes[0] + sizes[1] });
    expect(JSON.parse(readFileSync(path.join(to, "config.json"), "utf8"))).toMatchObject({
      "transformers.js_config": { use_external_data_format: { "model.onnx": 1 } },
    });
    for (const each of readCases("checkpoints/erf/expected.json"))
      expect(difference(await runFile(file, inputsOf(each, false)), each)).toBeLessThan(1e-4);
  });

  test("with weights that a half cannot hold is refused in fp16, by the weight's name", async () => {
    const from = fresh();
    cpSync(checkpoint("erf"), from, { recursive: true });
    const { tensors } = await openFolder(from);
    const bytes = readFileSync(path.join(from, "model.safetensors"));
    bytes.writeFloatLE(1e6, tensors.get("bert.embeddings.LayerNorm.bias")!.offset);
    writeFileSync(path.join(from, "model.safetensors"), bytes);
    const to = fresh();
    await expect(exported(from, { precision: "fp16" }, to)).rejects.toThrow(
      "bert.embeddings.LayerNorm.bias holds 1000000, which is too large for F16",
    );
    expect(readdirSync(root)).not.toContain(path.basename(to));
  });

  test("holds tied weights once: the starter's heads for pre-training are little more than its encoder", async () => {
    const folder = await openFolder(starter);
    for (const precision of ["fp32", "fp16", "int8", "int4"] as const) {
      const { bytes } = planExport(folder, { plugin: "pretraining", precision });
      expect(bytes).toBeLessThan(1.03 * planExport(folder, { plugin: "none", precision }).bytes);
    }
  });

  test("in fewer bits is as much smaller: the starter", async () => {
    const folder = await openFolder(starter);
    const bytes = (precision: Precision) => planExport(folder, { plugin: "none", precision }).bytes;
    expect(bytes("fp16") / bytes("fp32")).toBeCloseTo(0.5, 2);
    expect(bytes("int8") / bytes("fp32")).toBeLessThan(0.27);
    expect(bytes("int4") / bytes("fp32")).toBeLessThan(0.175);
  });

  test("without the head that is asked for says which it has", async () => {
    await expect(exported(starter, { plugin: "moods" })).rejects.toThrow(
      "There is no head named moods; there are masked-lm, next-sentence, answers, entities, sentiment, pretraining, none.",
    );
  });

  test("is what a predictor says, loaded as any other: the starter's sentiment in every precision", async () => {
    const to = fresh();
    for (const precision of ["fp32", "int8"] as const)
      await exported(starter, { plugin: "sentiment", precision }, to);
    await using exact = await load(starter, { threads: 1 });
    const text = "dull , clumsy and far too long";
    const { label, score } = await exact.classify(text);
    for (const [dtype, digits] of [
      ["fp32", 5],
      ["int8", 3],
    ] as const) {
      await using bert = await load(to, { dtype, threads: 1 });
      const found = await bert.classify(text);
      expect(found.label).toBe(label);
      expect(found.score).toBeCloseTo(score!, digits);
    }
  });
});
