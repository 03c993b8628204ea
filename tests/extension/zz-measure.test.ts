import { readFile } from "node:fs/promises";
import { test } from "vitest";
import { openBrowser, startCodeServer, Workbench } from "./editor.ts";
test("500", async () => {
  const lines = (await readFile("../shared/data/trec/train.tsv", "utf8").catch(() => readFile("packages/create-cloze-plugin/template/train.tsv", "utf8"))).trim().split("\n");
  const body = Array.from({ length: 500 }, (_, i) => lines[1 + (i % (lines.length - 1))]);
  await using browser = await openBrowser();
  for (const device of ["wasm", "webgpu"]) {
    await using editor = await startCodeServer({ host: "worker", settings: { "cloze.engine.device": device }, files: { "a.tsv": [lines[0], ...body].join("\n") } });
    await using w = await Workbench.open(browser, editor);
    const r = await w.run(async (vscode) => {
      const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, "a.tsv");
      const t0 = Date.now();
      await vscode.commands.executeCommand("cloze.classifySelection", { text: "x", plugin: "sentiment" });
      const t1 = Date.now();
      const r = await vscode.commands.executeCommand("cloze.trainClassifier", { uri, name: "five" });
      return { start: t1 - t0, train: Date.now() - t1, r };
    }, undefined, 280000);
    console.log(device, JSON.stringify(r));
  }
}, 300000);
