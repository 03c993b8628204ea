/**
 * Saving over what is there: all of what is new, or what was there before, also where something is in the way or the
 * program is told to stop.
 */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { exportModel, load, openFolder, saveModel } from "@cloze/runtime/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "cloze-overwrite-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const checkpoint = (name: string) => fixturePath(`checkpoints/${name}`);
const weights = (folder: string) => readFileSync(path.join(folder, "model.safetensors"));

/** A copy of a checkpoint, to be written over. */
function copy(name: string): string {
  const folder = path.join(root, name);
  cpSync(checkpoint(name), folder, { recursive: true });
  return folder;
}

test("what is in the way leaves the old model as it was, and no part of the new one", async () => {
  const folder = copy("erf");
  const before = weights(folder);
  rmSync(path.join(folder, "vocab.txt"));
  mkdirSync(path.join(folder, "vocab.txt"));
  const saved = saveModel(await openFolder(checkpoint("erf")), folder, { dtype: "bf16", overwrite: true });
  await expect(saved).rejects.toThrow(expect.objectContaining({ code: "invalid-option" }));
  expect(weights(folder).equals(before)).toBe(true);
  expect(readdirSync(root)).toEqual(["erf"]);
});

test("a program that is told to stop leaves the old model or the new one", async () => {
  const folder = copy("erf");
  const sizes = [weights(folder).length];
  await saveModel(await openFolder(folder), path.join(root, "new"), { dtype: "bf16" });
  sizes.push(weights(path.join(root, "new")).length);
  rmSync(path.join(root, "new"), { recursive: true });
  const runtime = import.meta.resolve("@cloze/runtime/node");
  const program = `import { openFolder, saveModel } from ${JSON.stringify(runtime)};
    const model = await openFolder(${JSON.stringify(checkpoint("erf"))});
    console.log("begun");
    for (;;) await saveModel(model, ${JSON.stringify(folder)}, { dtype: "bf16", overwrite: true });`;
  for (const wait of [0, 3, 11]) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
    await new Promise((begun) => child.stdout.once("data", begun));
    await new Promise((waited) => setTimeout(waited, wait));
    child.kill("SIGINT");
    await new Promise((ended) => child.once("exit", ended));
    expect(sizes).toContain(weights(folder).length);
  }
});

test("a link to a folder stays one, and the folder is written", async () => {
  mkdirSync(path.join(root, "real"));
  symlinkSync(path.join(root, "real"), path.join(root, "link"));
  await saveModel(await openFolder(checkpoint("erf")), path.join(root, "link"));
  expect(existsSync(path.join(root, "real/model.safetensors"))).toBe(true);
});

test("no exported file of the old model is left to be taken for the new one's", async () => {
  const folder = path.join(root, "model");
  await exportModel(await openFolder(checkpoint("multi-label")), folder, { precision: "int8" });
  await saveModel(await openFolder(checkpoint("erf")), folder, { overwrite: true });
  await expect(load(folder, { dtype: "int8" })).rejects.toThrow(
    expect.objectContaining({ code: "not-found" }),
  );
});

test("an export beside one of another config is refused, and a damaged record too", async () => {
  const model = copy("erf");
  const folder = path.join(root, "exported");
  await exportModel(await openFolder(model), folder, { precision: "fp32" });
  const config = path.join(model, "config.json");
  writeFileSync(config, readFileSync(config, "utf8").replace('"gelu"', '"relu"'));
  const again = async () => exportModel(await openFolder(model), folder, { precision: "fp16" });
  await expect(again()).rejects.toThrow("which is another model");
  writeFileSync(path.join(folder, "export.json"), "{broken");
  await expect(again()).rejects.toThrow("its export.json is damaged");
});
