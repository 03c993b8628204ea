/** Labelled texts become a plugin, and plugins come and go, in a real VS Code; the engine computes on the processor. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openZip, packZip } from "@cloze/runtime/plugin";
import { describe, expect, test } from "vitest";
import { hasEditors } from "./editor.ts";
import type { Workbench } from "./editor.ts";
import { useWorkbench } from "./use-workbench.ts";

const template = fileURLToPath(new URL("../../packages/create-cloze-plugin/template/", import.meta.url));
const feedback = await readFile(path.join(template, "train.tsv"), "utf8");
const rows = feedback.trim().split("\n").slice(1);

const files = {
  "Customer Feedback.tsv": feedback,
  // CRLF, other names of columns, a column too many, quoted cells, Chinese and emoji
  "odd.csv": `id,what was said,kind\r\n${rows
    .map((row, i) => {
      const [text, label] = row.split("\t");
      return `${i},"${text} 你好, 🎬",${label}\r\n`;
    })
    .join("")}`,
  "broken.jsonl": '{"text":"a","label":"x"}\n{"text":"b"}\n',
  "few.csv": "text,label\na,x\nb,y\n",
  "long.tsv": `text\tlabel\n${rows.flatMap((row) => Array(60).fill(row) as string[]).join("\n")}\n`,
};

/** How long a person would wait. */
const soon = { timeout: 30_000 };

describe.runIf(hasEditors)("training, and plugins", () => {
  let workbench: Workbench;
  useWorkbench(
    { host: "worker", settings: { "cloze.engine.device": "wasm" }, files },
    (opened) => (workbench = opened),
  );

  const classify = (text: string, plugin: string) =>
    workbench.command("cloze.classifySelection", { text, plugin }) as Promise<{ label: string }>;
  const installed = () =>
    workbench.run(async (vscode) =>
      (await vscode.commands.getCommands()).filter((id) => id.startsWith("cloze.plugin.")),
    );
  const install = (name: string) =>
    workbench.run(async (vscode, file) => {
      const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, file);
      await vscode.commands.executeCommand("cloze.installPlugin", uri);
    }, name);
  /** As another extension does, which hears itself what fails. */
  const askFor = (command: string, name: string) =>
    workbench.run(
      (vscode, [id, file]) => {
        const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, file);
        return vscode.commands.executeCommand<{ name: string }>(id, { uri });
      },
      [command, name] as const,
    );
  const inWorkspace = (name: string) => path.join(workbench.editor.workspace!, name);

  test("the file in the editor becomes a plugin and a command, with its score and a way to try it", async () => {
    await workbench.open("Customer Feedback.tsv");
    await workbench.palette("Cloze: Train Classifier From File…");
    await expect.poll(() => workbench.quickInputMessage(), soon).toContain("A name for the plugin");
    await workbench.screenshot("train-name");
    await workbench.type("sentiment");
    await expect.poll(() => workbench.quickInputMessage(), soon).toContain("The model itself has a plugin");
    await workbench.type("customer-feedback");
    await workbench.accept();
    const said = await workbench.toast("is ready");
    expect(said).toMatch(
      /^Customer feedback is ready: it labels \d+(\.\d)?% of the 14 texts held out as they were \(trained on 58 in .* s\)\.$/,
    );
    await workbench.screenshot("train-ready");
    await expect.poll(installed, soon).toContain("cloze.plugin.customer-feedback");

    await workbench.pressToast("is ready", "Try It");
    await workbench.type("The parcel never came and nobody answers my letters.");
    await expect.poll(() => workbench.quickInputMessage(), soon).toMatch(/complaint \d/);
    await workbench.screenshot("train-try");
    await workbench.dismiss();
  });

  test("columns are asked for where their names do not tell, and the report shows what is wrong", async () => {
    await workbench.open("odd.csv");
    await workbench.palette("Cloze: Train Classifier From File…");
    expect(await workbench.quickPickRows()).toMatchObject([
      { label: "id", detail: "0" },
      { label: "what was said" },
      { label: "kind", detail: "complaint" },
      { label: "The first line is no header" },
    ]);
    await workbench.screenshot("train-columns");
    await workbench.pick("what was said");
    await workbench.pick("kind");
    await expect.poll(() => workbench.quickInputMessage(), soon).toContain("A name for the plugin");
    await workbench.accept();
    await workbench.pressToast(/^Odd is ready|Odd is ready/, "Show Details");
    await workbench.webview("Measured on the texts held out");
    await workbench.screenshot("train-report");
    await expect.poll(installed, soon).toContain("cloze.plugin.odd");
  });

  test("a file that cannot be learned from is refused with its line", async () => {
    await workbench.open("broken.jsonl");
    await workbench.palette("Cloze: Train Classifier From File…");
    await expect.poll(() => workbench.quickInputMessage(), soon).toContain("A name for the plugin");
    await workbench.accept();
    expect(await workbench.toast("broken.jsonl, line 2")).toContain("label should be a text");
    await workbench.clearToasts();
    await workbench.open("few.csv");
    await workbench.palette("Cloze: Train Classifier From File…");
    await workbench.accept();
    expect(await workbench.toast("few.csv has 2")).toContain("give 5 at least");
    await workbench.clearToasts();
    await install("nothing.cloze");
    expect(await workbench.toast("nothing.cloze")).toContain("cannot be read: is it still there?");
    await workbench.clearToasts();
    for (const command of ["cloze.installPlugin", "cloze.trainClassifier"])
      await expect(askFor(command, "nothing.cloze")).rejects.toThrow("cannot be read: is it still there?");
    expect(await workbench.toasts()).toEqual([]);
  });

  test("training that is cancelled leaves nothing, and the engine goes on", async () => {
    await workbench.open("long.tsv");
    await workbench.palette("Cloze: Train Classifier From File…");
    await expect.poll(() => workbench.quickInputMessage(), soon).toContain("A name for the plugin");
    await workbench.accept();
    await workbench.toast(/texts read/);
    await workbench.screenshot("train-progress");
    const begun = Date.now();
    await workbench.pressToast("Training", "Cancel");
    await expect.poll(() => workbench.toasts(), soon).toEqual([]);
    expect(await classify("Where is my parcel?", "customer-feedback")).toMatchObject({ label: "question" });
    console.log(`cancelled, and answered again, within ${Date.now() - begun} ms`);
    expect(await installed()).not.toContain("cloze.plugin.long");
  });

  test("a plugin is exported, removed and installed again; one of another model is refused", async () => {
    await workbench.palette("Cloze: Manage Plugins…");
    await workbench.quickPickRows();
    await workbench.screenshot("plugins-list");
    await workbench.pick("Customer feedback");
    await workbench.quickPickRows();
    await workbench.screenshot("plugins-actions");
    await workbench.pick("Export as a File…");
    const proposed = workbench.quickInput.locator("input[type=text]");
    await expect.poll(() => proposed.inputValue(), soon).toBe(inWorkspace("customer-feedback.cloze"));
    await workbench.accept();
    await workbench.toast("is exported");
    await workbench.clearToasts();

    await workbench.palette("Cloze: Manage Plugins…");
    await workbench.pick("Customer feedback");
    await workbench.pick("Remove");
    expect(await workbench.dialog("Remove")).toContain("Remove the plugin Customer feedback?");
    await expect.poll(installed, soon).not.toContain("cloze.plugin.customer-feedback");

    await install("customer-feedback.cloze");
    await workbench.toast("Customer feedback is installed");
    expect(await classify("The parcel never came.", "customer-feedback")).toMatchObject({
      label: "complaint",
    });
    await workbench.clearToasts();

    const bytes = await readFile(inWorkspace("customer-feedback.cloze"));
    const archive = await openZip(bytes, "customer-feedback.cloze");
    const [head, card] = await Promise.all(
      ["head.safetensors", "README.md"].map((file) => archive.read(file)),
    );
    const described = new TextDecoder().decode(await archive.read("plugin.json"));
    const { encoder, ...plugin } = JSON.parse(described) as { encoder: { name: string } };
    const packed = (change: object) =>
      packZip(
        new Map<string, string | Uint8Array>([
          ["plugin.json", JSON.stringify({ ...plugin, encoder, ...change })],
          ["head.safetensors", head],
        ]),
      );
    const other = { name: "another-model", sha256: "0".repeat(64) };
    const refused = {
      "torn.cloze": [bytes.subarray(0, bytes.length - 100), "is damaged"],
      "other.cloze": [packed({ encoder: other }), "was made for the model another-model"],
      "own.cloze": [packed({ name: "sentiment" }), "as a plugin of the model itself is"],
      "labels.cloze": [packed({ labels: ["a", "b"] }), "make it again"],
    } as const;
    for (const [name, [content, reason]] of Object.entries(refused)) {
      await writeFile(inWorkspace(name), content);
      await install(name);
      expect(await workbench.toast(name === "labels.cloze" ? "customer-feedback" : name)).toContain(reason);
      await workbench.clearToasts();
      await wait(800); // VS Code holds back messages that follow each other faster
    }

    await mkdir(inWorkspace("folder"));
    const renamed = { ...plugin, encoder, name: "folder", title: "From a folder" };
    await writeFile(inWorkspace("folder/plugin.json"), JSON.stringify(renamed));
    await writeFile(inWorkspace("folder/head.safetensors"), head);
    await writeFile(inWorkspace("folder/README.md"), card);
    await install("folder");
    await workbench.toast("From a folder is installed");
    expect(await classify("When do you open?", "folder")).toMatchObject({ label: "question" });
    await expect
      .poll(installed, soon)
      .toEqual(
        expect.arrayContaining(["customer-feedback", "folder", "odd"].map((name) => `cloze.plugin.${name}`)),
      );
  });
});
