/** Models of a hub on this machine, and of a folder, in a real VS Code; the engine computes on the processor. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasEditors, startCodeServer } from "./editor.ts";
import type { Workbench } from "./editor.ts";
import { Hub } from "./hub.ts";
import { useWorkbench } from "./use-workbench.ts";

const tiny = fileURLToPath(new URL("../fixtures/checkpoints/pretraining/", import.meta.url));
const names = ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"];
const files = Object.fromEntries(
  await Promise.all(names.map(async (name) => [name, await readFile(path.join(tiny, name))] as const)),
);
const card = "---\nlicense: mit\n---\n# Tiny\n\nA model for tests.\n";
const sha256 = createHash("sha256").update(files["model.safetensors"]).digest("hex");
const config = files["config.json"];

const published = {
  "tests/tiny": { files: { ...files, "README.md": card, "pytorch_model.bin": "" }, licence: "mit" },
  "tests/onnx": { files: { "config.json": config, "onnx/model.onnx": "" } },
  "tests/gpt": { files: { ...files, "config.json": '{"model_type":"gpt2"}' } },
  "tests/gated": { files, gated: true },
  "tests/damaged": { files, damaged: "model.safetensors" },
  "tests/slow": { files, pause: 2000 },
};

/** How long a person would wait. */
const soon = { timeout: 30_000 };

describe.runIf(hasEditors)("models", () => {
  let hub: Hub;
  let workbench: Workbench;
  beforeAll(async () => {
    hub = await Hub.start(published);
  });
  afterAll(() => hub?.[Symbol.asyncDispose]());
  useWorkbench(
    {
      host: "worker",
      files: {
        ...Object.fromEntries(names.map((name) => [`My Model/${name}`, files[name]])),
        "My Model/README.md": card,
        "empty/README.md": card,
        "a.tsv": `text\tlabel\n${["good", "bad"].flatMap((label) => Array.from({ length: 5 }, (_, i) => `${label} ${i}\t${label}`)).join("\n")}\n`,
      },
      start: (options) =>
        startCodeServer({ ...options, settings: { "cloze.engine.device": "wasm", "cloze.hub": hub.url } }),
    },
    (opened) => (workbench = opened),
  );

  const manage = () => workbench.palette("Cloze: Manage Models…");
  const rows = async () => {
    await manage();
    const all = await workbench.quickPickRows();
    await workbench.dismiss();
    return all;
  };
  const askHub = async (name: string) => {
    await manage();
    await workbench.pick("Download From the Hub…");
    await expect.poll(() => workbench.quickInputMessage(), soon).toContain("The model's name on");
    await workbench.type(name);
    await workbench.accept();
  };
  const dialog = () => workbench.page.locator(".monaco-dialog-box");
  const model = () =>
    workbench.command("cloze.engineInfo") as Promise<{ model: { name: string; sha256: string } }>;
  const setting = () =>
    workbench.run((vscode) => vscode.workspace.getConfiguration("cloze").get("model") as string);

  test("the starter is there, with its size, licence and hash", async () => {
    await manage();
    const [starter, ...others] = await workbench.quickPickRows();
    await workbench.screenshot("models-list");
    expect(starter).toMatchObject({
      label: "starter",
      description: expect.stringMatching(/^in use · 4\d\.\d MB$/),
    });
    expect(starter.detail).toMatch(/came with the extension · licence: Apache-2.0 · SHA-256 [0-9a-f]{12}…/);
    expect(others.map(({ label }) => label)).toEqual(["Download From the Hub…", "Add From a Folder…"]);
    await workbench.dismiss();
  });

  test("nothing is downloaded before a question that says how much comes from where", async () => {
    await askHub("tests/tiny");
    await dialog().waitFor();
    await workbench.screenshot("models-consent");
    expect(hub.fetched).toEqual([]);
    expect(await workbench.dialog("Cancel")).toMatch(
      /Download tests\/tiny from 127\.0\.0\.1:\d+\?.*\d+ KB in 5 files, licence: mit\./,
    );
    expect(hub.fetched).toEqual([]);
    expect(await rows()).toHaveLength(3);
  });

  test("a model is downloaded, used and shown, and a plugin of the other model stays", async () => {
    await workbench.run(async (vscode) => {
      const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, "a.tsv");
      await vscode.commands.executeCommand("cloze.trainClassifier", { uri, name: "moods" });
    });
    await workbench.clearToasts();
    await askHub("tests/tiny");
    await dialog().waitFor();
    await workbench.dialog("Download");
    await workbench.pressToast("The model tests/tiny is there", "Use It");
    const order = ["config.json", "tokenizer_config.json", "vocab.txt", "README.md", "model.safetensors"];
    expect(hub.fetched).toEqual(order);
    await expect.poll(setting, soon).toBe("tests/tiny");
    expect((await model()).model).toMatchObject({ name: "tests/tiny", sha256 });

    const [, row] = await rows();
    expect(row).toMatchObject({
      label: "tests/tiny",
      description: expect.stringMatching(/^in use · \d+ KB$/),
    });
    expect(row.detail).toContain(`/tests/tiny/tree/c0ffee`);
    expect(row.detail).toContain("licence: mit");
    await workbench.palette("Cloze: Manage Plugins…");
    expect((await workbench.quickPickRows())[0]).toMatchObject({
      label: "Moods",
      description: "moods · for another model: starter",
    });
    await workbench.screenshot("plugins-other-model");
    await workbench.dismiss();
  });

  test("what cannot be run is refused with the reason, and nothing of it is left", async () => {
    for (const [name, reason] of Object.entries({
      "tests/onnx": "has its weights as ONNX only",
      "tests/gated": "is gated",
      "tests/nobody": "has no model tests/nobody",
    })) {
      await askHub(name);
      expect(await workbench.toast(name)).toContain(reason);
      await workbench.clearToasts();
    }
    for (const [name, reason] of Object.entries({
      "tests/gpt": "is not a BERT model",
      "tests/damaged": "model.safetensors arrived damaged, so nothing was kept",
    })) {
      await askHub(name);
      await dialog().waitFor();
      await workbench.dialog("Download");
      expect(await workbench.toast(reason)).toContain("Cloze:");
      await workbench.clearToasts();
    }
    expect((await rows()).map(({ label }) => label).slice(0, -2)).toEqual(["starter", "tests/tiny"]);
  });

  test("a download that is cancelled leaves nothing", async () => {
    await askHub("tests/slow");
    await dialog().waitFor();
    await workbench.dialog("Download");
    await workbench.toast("Downloading tests/slow");
    await workbench.screenshot("models-download");
    await workbench.pressToast("Downloading tests/slow", "Cancel");
    await expect.poll(() => workbench.toasts(), soon).toEqual([]);
    expect((await rows()).map(({ label }) => label)).not.toContain("tests/slow");
  });

  test("a folder is added under a name of its own; the model in use is removed, and the starter used", async () => {
    const addFolder = async (name: string) => {
      await manage();
      await workbench.pick("Add From a Folder…");
      const input = workbench.quickInput.locator("input[type=text]");
      await expect.poll(() => input.inputValue(), soon).toBe(`${workbench.editor.workspace!}/`); // it is ready
      await workbench.type(`${path.join(workbench.editor.workspace!, name)}/`);
      await workbench.quickInput
        .locator(".monaco-list-row", { hasText: "My Model" })
        .waitFor({ state: "hidden" });
      await workbench.quickInput.locator(".monaco-button", { hasText: "Add" }).click();
    };
    await addFolder("empty");
    expect(await workbench.toast("has no config.json")).toContain("empty");
    await workbench.clearToasts();
    await addFolder("My Model");
    await expect.poll(() => workbench.quickInputMessage(), soon).toContain("A name for the model");
    await workbench.type("starter");
    await expect.poll(() => workbench.quickInputMessage(), soon).toContain("There is a model of this name");
    await workbench.type("My-Model");
    await workbench.accept();
    await workbench.toast("The model My-Model is there");
    await workbench.clearToasts();

    await manage();
    await workbench.pick("tests/tiny");
    expect((await workbench.quickPickRows()).map(({ label }) => label)).toEqual([
      "Show Card",
      "Copy SHA-256",
      "Remove",
    ]);
    await workbench.screenshot("models-actions");
    await workbench.pick("Remove");
    await dialog().waitFor();
    expect(await workbench.dialog("Remove")).toContain("It is in use: the starter is used then.");
    await expect.poll(setting, soon).toBe("starter");
    await expect
      .poll(async () => (await rows()).map(({ label }) => label).slice(0, -2), soon)
      .toEqual(["starter", "My-Model"]);
  });

  test("a setting that leads elsewhere is no model", async () => {
    await workbench.run((vscode) =>
      vscode.workspace
        .getConfiguration("cloze")
        .update("model", "../../elsewhere", vscode.ConfigurationTarget.Global),
    );
    await workbench.palette("Cloze: Engine Info");
    expect(await workbench.toast("There is no model")).toContain(
      "../../elsewhere: choose one in Cloze: Manage Models",
    );
  });
});
