/** Classify Selection, Run Plugin… and the Results view, as a person and as another extension meet them. */
import { packZip } from "@cloze/runtime/plugin";
import { encodeSafetensors } from "@cloze/runtime/safetensors";
import { beforeEach, describe, expect, test } from "vitest";
import { hasEditors } from "./editor.ts";
import type { Workbench } from "./editor.ts";
import { useWorkbench } from "./use-workbench.ts";

const reviews = [
  "a warm , funny and touching film",
  "dull , clumsy and far too long",
  "",
  "a joy from start to finish 🎉",
  "\tthe worst film of the year",
  "没有什么比这更好的了",
];
const files = {
  "reviews.txt": reviews.join("\n"),
  "windows.txt": reviews.join("\r\n"),
  "edited.txt": reviews.join("\n"),
  "prose.txt": "The acting is awful. The music,\nthough, is wonderful and moving. We left early.",
  "long.txt": Array.from({ length: 10_000 }, (_, i) => `film ${i} is ${i % 2 ? "dull" : "a joy"}`).join("\n"),
  "play.txt": "The play was written by Anton Chekhov in 1896.",
  "empty.txt": "",
  "locked.txt": "a warm , funny film",
  "topics.cloze": await topics(),
};

/** A plugin to whom all is weather. */
async function topics(): Promise<Uint8Array> {
  const description = { name: "topics", title: "Topics", kind: "sequence", features: "mean" };
  const weights = encodeSafetensors([
    tensor("weight", [2, 384], new Float32Array(768)),
    tensor("bias", [2], Float32Array.of(1, 0)),
  ]);
  const parts: Uint8Array[] = [];
  for await (const part of weights) parts.push(part);
  const json = JSON.stringify({ ...description, labels: ["weather", "food"], metrics: { accuracy: 50 } });
  return packZip(
    new Map<string, string | Uint8Array>([
      ["plugin.json", json],
      ["head.safetensors", Buffer.concat(parts)],
    ]),
  );
}

function tensor(name: string, shape: number[], { buffer }: Float32Array<ArrayBuffer>) {
  return { name, dtype: "F32", shape, chunks: () => [new Uint8Array(buffer)] } as const;
}

/** Asks again until it is so: the engine may have to start first. */
const soon = <T>(ask: () => T) => expect.poll(ask, { timeout: 60_000 });

describe.runIf(hasEditors)("classify", () => {
  let workbench: Workbench;
  useWorkbench(
    {
      host: "worker",
      files,
      settings: { "cloze.engine.device": "wasm", "files.readonlyInclude": { "**/locked.txt": true } },
    },
    async (opened) => {
      workbench = opened;
      await workbench.run(
        (vscode) => vscode.commands.executeCommand("cloze.classifySelection", { text: "the engine starts" }),
        undefined,
        110_000,
      );
    },
  );
  beforeEach(async () => {
    await workbench.command("cloze.clearResults");
    await workbench.command("workbench.action.closeAllEditors");
    await workbench.clearToasts();
  });

  const classify = () => workbench.palette("Cloze: Classify Selection");
  const labels = async () => (await workbench.decorationTexts()).map((text) => text.split(" ")[0]);
  const rows = () => workbench.treeRows("Results");

  test("a selection gets its label behind it, in the view and on the clipboard", async () => {
    await workbench.open("reviews.txt");
    await workbench.selectLines(1);
    await classify();
    await soon(() => workbench.decorationTexts()).toEqual([expect.stringMatching(/^positive 9\d(\.\d)?%$/)]);
    const [first, ...scores] = await rows();
    expect(first).toMatch(/^positive ?9\d.*% a warm , funny and touching film$/);
    expect(scores.map((row) => row.replace(/[^a-z]/g, ""))).toEqual(["positive", "negative"]);
    expect(await workbench.hover()).toMatch(/Sentiment.*positive.*negative/s);
    await workbench.screenshot("classify-selection");

    await workbench.palette("Cloze: Copy Results");
    await soon(() => workbench.clipboard()).toMatch(/^a warm , funny and touching film\tpositive\t0\.\d{4}$/);
  });

  test("the keys stay in the editor", async () => {
    await workbench.open("edited.txt");
    await workbench.selectLines(2);
    await workbench.page.keyboard.press("ControlOrMeta+Alt+C");
    await soon(labels).toEqual(["negative"]);
    await workbench.page.keyboard.press("End");
    await workbench.page.keyboard.type("!");
    await soon(() => workbench.text()).toContain("far too long!");
  });

  test.each(["reviews.txt", "windows.txt"])(
    "%s: each line of a long selection, and a click on its row",
    async (name) => {
      await workbench.open(name);
      await workbench.selectAll();
      await classify();
      await soon(async () => (await labels()).length).toBe(5);
      expect((await labels()).slice(0, 4)).toEqual(["positive", "negative", "positive", "negative"]);
      await workbench.screenshot(`classify-lines-${name}`);
      await workbench.clickRow("Results", "joy from start");
      await soon(() => workbench.selected()).toEqual(["a joy from start to finish 🎉"]);
      await workbench.clickRow("Results", "没有");
      await soon(() => workbench.selected()).toEqual(["没有什么比这更好的了"]);
    },
  );

  test("each of several selections", async () => {
    await workbench.open("reviews.txt");
    await workbench.select([2, 1, 2, 31], [1, 3, 1, 7]);
    await classify();
    await soon(labels).toEqual(["positive", "negative"]);
  });

  test("without a selection the sentence at the cursor, and that is said", async () => {
    await workbench.open("prose.txt");
    await workbench.select([2, 3]);
    await classify();
    await soon(labels).toEqual(["positive"]);
    expect((await rows())[0]).toContain("The music, though, is wonderful and moving.");
    const said = workbench.page.locator(".statusbar", {
      hasText: "Sentiment: the sentence at the cursor: positive",
    });
    await said.waitFor();
    await workbench.screenshot("classify-sentence");
  });

  test("a label moves with its text, and goes when that is edited", async () => {
    await workbench.open("edited.txt");
    await workbench.selectAll();
    await classify();
    await soon(async () => (await labels()).length).toBe(5);
    await workbench.select([1, 1]);
    await workbench.page.keyboard.press("Enter");
    await workbench.page.keyboard.press("ArrowUp");
    await workbench.page.keyboard.type("One line more");
    expect(await labels()).toHaveLength(5);
    // Another language is a close and an open to extensions, and the same document to its reader.
    await workbench.run(async (vscode) => {
      await vscode.languages.setTextDocumentLanguage(vscode.window.activeTextEditor!.document, "markdown");
    });
    await workbench.select([3, 5]);
    await workbench.page.keyboard.type("x");
    await soon(labels).toEqual(["positive", "positive", "negative", expect.any(String)]);
    await workbench.clickRow("Results", "worst film");
    await soon(() => workbench.selected()).toEqual(["the worst film of the year"]);
    await workbench.palette("Cloze: Clear Results");
    await soon(labels).toEqual([]);
    await workbench.pane("Results").getByRole("button", { name: "Classify Selection" }).waitFor();
    await workbench.screenshot("classify-welcome");
  });

  test("what is read-only or has no name yet can be read; what is empty, or not there, is said", async () => {
    await workbench.open("locked.txt");
    await workbench.selectAll();
    await classify();
    await soon(labels).toEqual(["positive"]);
    await workbench.run(async (vscode) => {
      const untitled = await vscode.workspace.openTextDocument({ content: "dull , clumsy and far too long" });
      await vscode.window.showTextDocument(untitled);
    });
    await workbench.selectAll();
    await classify();
    await soon(labels).toEqual(["negative"]);
    await workbench.command("workbench.action.revertAndCloseActiveEditor");
    await workbench.open("empty.txt");
    await classify();
    expect(await workbench.toast("no text")).toContain("select some, or put the cursor in a sentence");
    await workbench.command("workbench.action.closeAllEditors");
    await workbench.clearToasts();
    await classify();
    await workbench.toast("No editor is open");
    await workbench.command("cloze.clearResults");
    await workbench.palette("Cloze: Copy Results");
    await workbench.toast("There are no results to copy");
  });

  test("other extensions get answers, and the editor is left alone", async () => {
    await workbench.open("reviews.txt");
    const one = await workbench.command("cloze.classifySelection", { text: "a joy" });
    expect(one).toMatchObject({ label: "positive", score: expect.any(Number) });
    const some = await workbench.command("cloze.classifySelection", {
      texts: ["a joy", "dull"],
      plugin: "sentiment",
    });
    expect(some).toMatchObject([{ label: "positive" }, { label: "negative" }]);
    const question = { question: "Who wrote it?", context: files["play.txt"] };
    const [answer] = (await workbench.command("cloze.plugin.answers", { inputs: [question] })) as object[];
    expect(answer).toMatchObject({ answer: "Anton Chekhov" });
    expect(await labels()).toEqual([]);
  });

  test("ten thousand lines: progress, and a cancel keeps what was read", async () => {
    await workbench.open("long.txt");
    await workbench.selectAll();
    await classify();
    await workbench.toast("Sentiment: 10000 texts");
    await soon(async () => (await labels()).length).toBeGreaterThan(0);
    await workbench.screenshot("classify-long");
    // Somebody goes on writing: labels that come later stand behind their texts all the same.
    await workbench.select([1, 1]);
    await workbench.page.keyboard.press("Enter");
    await workbench.pressToast("Sentiment: 10000 texts", "Cancel");
    const said = await workbench.toast("cancelled");
    const read = Number(/cancelled; (\d+) of 10000/.exec(said)![1]);
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(10_000);
    await workbench.palette("Cloze: Copy Results");
    await soon(async () => (await workbench.clipboard()).split("\n").length).toBe(read);
    await workbench.clickRow("Results", "film 3 is");
    await soon(() => workbench.selected()).toEqual(["film 3 is dull"]);
    await workbench.screenshot("classify-cancelled");
  });

  test("Run Plugin… runs any of them: names, answers to a question, code of another extension", async () => {
    await workbench.open("play.txt");
    await workbench.selectAll();
    await workbench.run(async (vscode, id) => {
      const { exports } = vscode.extensions.getExtension(id)!;
      exports.getApi(1).registerPlugin({
        name: "letters",
        title: "Letters",
        features: "mean",
        run: ({ text }: { text: string }) => ({ letters: text.length }),
      });
    }, workbench.editor.id);
    await workbench.palette("Cloze: Run Plugin…");
    expect((await workbench.quickPickRows()).map(({ label, description }) => [label, description])).toEqual([
      ["Words for [MASK]", ""],
      ["Whether a text follows", ""],
      ["Answers", "Answers from a text"],
      ["Entities", "Names in a text"],
      ["Sentiment", "negative · positive"],
      ["Letters", "Of other extensions"],
    ]);
    await workbench.screenshot("run-plugin-pick");
    await workbench.pick("Entities");
    await soon(async () => (await rows()).slice(1)).toEqual([
      expect.stringMatching(/^Anton Chekhov ?\d.*% PER ━/),
    ]);
    await workbench.screenshot("run-plugin-entities");
    await workbench.clickRow("Results", "PER");
    await soon(() => workbench.selected()).toEqual(["Anton Chekhov"]);

    await workbench.selectAll();
    await workbench.palette("Cloze: Run Plugin…");
    await workbench.pick("Answers");
    await workbench.quickInput.getByText("A question about the text").waitFor();
    await workbench.type("When was it written?");
    await workbench.accept();
    await soon(async () => (await rows())[0]).toMatch(/^1896/);
    await workbench.palette("Cloze: Run Plugin…");
    await workbench.pick("Letters");
    await soon(rows).toEqual([expect.stringMatching(/^46 ?The play was written/)]);
    await soon(() => workbench.decorationTexts()).toEqual(["46"]);
  });

  test("of several plugins one is asked for, the last one first; each is a command of its own", async () => {
    await workbench.run(async (vscode) => {
      const file = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, "topics.cloze");
      await vscode.commands.executeCommand("cloze.installPlugin", file);
    });
    await workbench.open("reviews.txt");
    await workbench.selectLines(1);
    await classify();
    const rowsOfPick = async () =>
      (await workbench.quickPickRows()).map(({ label, detail }) => [label, detail]);
    const sentiment = ["Sentiment", "sst2.dev.accuracy 89.11"];
    expect(await rowsOfPick()).toEqual([sentiment, ["Topics", "accuracy 50"]]);
    await workbench.screenshot("classify-pick");
    await workbench.pick("Topics");
    await soon(labels).toEqual(["weather"]);
    await classify();
    expect(await rowsOfPick()).toEqual([["Topics", "accuracy 50"], sentiment]);
    await workbench.dismiss();

    await workbench.command("cloze.plugin.sentiment");
    await soon(labels).toEqual(["positive"]);
    await workbench.command("cloze.plugin.topics");
    await soon(labels).toEqual(["weather"]);
    await workbench.run((vscode) =>
      vscode.workspace.getConfiguration("cloze").update("classify.plugin", "sentiment", true),
    );
    await classify();
    await soon(labels).toEqual(["positive"]);
  });
});
