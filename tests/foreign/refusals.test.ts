/**
 * What cannot be run is refused before ONNX Runtime tries, in a sentence that names the reason.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { load } from "@cloze/runtime/node";
import { afterAll, expect, test } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";

const temporary = mkdtempSync(path.join(tmpdir(), "cloze-foreign-"));
afterAll(() => rmSync(temporary, { recursive: true }));

/** A copy of a fixture, to be damaged. */
function copy(name: string): string {
  const folder = mkdtempSync(path.join(temporary, "model-"));
  cpSync(fixturePath(`foreign/${name}`), folder, { recursive: true });
  return folder;
}

function editConfig(folder: string, edit: (config: Record<string, unknown>) => void): void {
  const file = path.join(folder, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  edit(config);
  writeFileSync(file, JSON.stringify(config));
}

const refusal = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

test.each([
  ["decoder", "it is a decoder, which reads its own past (past_key_values.0.key)"],
  ["image", "none of its inputs is token ids: it reads pixel_values float32 [batch,3,224,224]"],
  ["domain", "the operator Mystery of com.example, which ONNX Runtime does not have"],
  ["opset-6", "opset 6 of ONNX, and ONNX Runtime runs 7 to 26"],
  ["more-inputs", "also reads visual_embeds float32 [batch,4,16], which Cloze cannot give"],
  ["fixed-no-mask", "rows of 8 tokens and no attention_mask"],
])("%s is refused: %s", async (name, reason) => {
  await expect(load(fixturePath(`foreign/refused/${name}.onnx`))).rejects.toThrow(
    refusal("unsupported", reason),
  );
});

test("outputs that fit no head are refused", async () => {
  const folder = copy("span");
  cpSync(fixturePath("foreign/refused/outputs.onnx"), path.join(folder, "model.onnx"));
  await expect(load(path.join(folder, "model.onnx"))).rejects.toThrow(
    refusal(
      "unsupported",
      "its outputs (same int64 [batch,length]) are neither hidden states nor a head's logits",
    ),
  );
});

test("another kind of model is told by config.json", async () => {
  const folder = copy("masked-lm");
  editConfig(folder, (config) => (config.model_type = "gpt2"));
  await expect(load(path.join(folder, "model.onnx"))).rejects.toThrow(
    refusal("unsupported", 'a model of type "gpt2"'),
  );
});

test("labels that do not fit the logits are refused", async () => {
  const folder = copy("reordered");
  editConfig(folder, (config) => (config.id2label = { 0: "no", 1: "yes" }));
  await expect(load(path.join(folder, "model.onnx"))).rejects.toThrow(
    refusal("invalid-model", "gives 3 logits, but config.json names 2 labels"),
  );
});

test("without config.json, what the file does not tell is asked for", async () => {
  const folder = copy("unnamed");
  cpSync(fixturePath("foreign/refused/outputs.onnx"), path.join(folder, "model.onnx"));
  await expect(load(path.join(folder, "model.onnx"))).rejects.toThrow(
    refusal("unsupported", "does not tell the size of its vocabulary: put the model's config.json beside it"),
  );
});

test("a missing vocabulary is named", async () => {
  const folder = copy("span");
  rmSync(path.join(folder, "vocab.txt"));
  await expect(load(path.join(folder, "model.onnx"))).rejects.toThrow(refusal("not-found", "vocab.txt"));
});

test("a missing weights file is named", async () => {
  const folder = copy("external");
  rmSync(path.join(folder, "model.onnx_data"));
  await expect(load(path.join(folder, "model.onnx"))).rejects.toThrow(
    refusal("not-found", "has no model.onnx_data, which holds the model's weights"),
  );
});

test("weights outside the model's folder are not read", async () => {
  const folder = copy("external");
  const file = path.join(folder, "model.onnx");
  const bytes = readFileSync(file, "latin1").replaceAll("model.onnx_data", "/../onnx_data..");
  writeFileSync(file, bytes, "latin1");
  await expect(load(file)).rejects.toThrow(refusal("invalid-model", "weights at /../onnx_data.."));
});

test.each([0, 1, 100, 10_000, 40_000])("a file that ends after %d bytes is refused", async (size) => {
  const folder = copy("span");
  const file = path.join(folder, "model.onnx");
  truncateSync(file, size);
  await expect(load(file)).rejects.toThrow(refusal("invalid-model", "is damaged or no ONNX file"));
});

test("what is no ONNX file, and what is not there, is refused", async () => {
  const file = path.join(copy("span"), "model.onnx");
  writeFileSync(file, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  await expect(load(file)).rejects.toThrow(refusal("invalid-model", "is damaged or no ONNX file"));
  await expect(load(`${file}.onnx`)).rejects.toThrow(refusal("not-found", "There is no file"));
});

test("a count of threads that is none is refused", async () => {
  await expect(load(fixturePath("foreign/span/model.onnx"), { threads: 0 })).rejects.toThrow(
    refusal("invalid-option", "threads should be a positive whole number"),
  );
});
