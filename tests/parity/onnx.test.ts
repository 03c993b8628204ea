/**
 * The emitted model is ONNX as others read it: `onnx.checker` accepts it and Python's onnxruntime gives the same
 * numbers. Needs Python with onnx and onnxruntime, named by CLOZE_PYTHON; the emitted nodes are tested without it.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildModel, presets } from "@cloze/core";
import { graphOf, openFolder } from "@cloze/runtime/node";
import type { StoredTensor } from "@cloze/runtime/node";
import { toOnnx } from "@cloze/runtime/onnx";
import { expect, test } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";
import { pythonWith } from "../reference/python.ts";

const python = pythonWith("onnx", "onnxruntime", "numpy");

test.runIf(python !== undefined)(
  "onnx.checker and Python's onnxruntime accept every checkpoint",
  async () => {
    const root = mkdtempSync(path.join(tmpdir(), "cloze-onnx-"));
    const folders = [];
    for (const name of readdirSync(fixturePath("checkpoints"))) {
      const folder = path.join(root, name);
      cpSync(fixturePath(`checkpoints/${name}`), folder, { recursive: true });
      const model = await openFolder(folder);
      writeFileSync(path.join(folder, "model.onnx"), toOnnx(graphOf(model), model.tensors));
      folders.push(folder);
    }
    const script = fileURLToPath(new URL("../reference/check-onnx.py", import.meta.url));
    const said = execFileSync(python!, [script, ...folders], { encoding: "utf8" });
    rmSync(root, { recursive: true });
    expect(said).toMatch(/^19 models, largest difference/);
  },
);

test("the model is small and holds no weight: BERT-Base is emitted in under 100 KB", () => {
  const graph = buildModel(presets.base, { pooler: true, heads: [] });
  let offset = 0;
  const weights = new Map<string, StoredTensor>();
  for (const { shape, source } of graph.parameters) {
    if (source.kind !== "parameter") continue;
    const bytes = shape.reduce((a: number, b) => a * Number(b), 4);
    weights.set(source.name, {
      file: "model.safetensors",
      dtype: "F32",
      shape: shape.map(Number),
      offset,
      bytes,
    });
    offset += bytes;
  }
  expect(toOnnx(graph, weights).length).toBeLessThan(100_000);
});

test("a missing parameter is named", () => {
  const graph = buildModel(presets.tiny, { pooler: false, heads: [] });
  expect(() => toOnnx(graph, new Map())).toThrow("The weights lack bert.embeddings.word_embeddings.weight");
});
