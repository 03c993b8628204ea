/**
 * Suggest Words Here in a real VS Code, as a person uses it: by the palette, keys and the light bulb. The model is the
 * starter on wasm: what it says is its own matter, how it is offered is this file's.
 */
import { afterEach, describe, expect, test } from "vitest";
import { hasEditors } from "./editor.ts";
import type { Workbench } from "./editor.ts";
import { useWorkbench } from "./use-workbench.ts";

/** The machine may be busy. */
const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 20_000 });

const COMMAND = "Cloze: Suggest Words Here";
const story = "It was a dark night.\nHe closed the door behind him.\n\nThe rain fell.";
const files = {
  "story.txt": story,
  "locked.txt": story,
  "empty.txt": "",
  "book.txt": `${"Nothing else happened there.\n\n".repeat(30)}${story}${"\n\nNothing more.".repeat(30)}`,
  "masks.md": "- [MASK] opened the [MASK] and read it.\n- She is read[MASK] it.\n",
  "windows.txt": "\t🙂 He closed the Door.\r\n\tDOOR and door.\r\n",
  "chinese.txt": "今天下雨。我们在家。",
  "large.txt": "The rain fell on the roof of the house. ".repeat(27_000),
};

describe.runIf(hasEditors)("Suggest Words Here", () => {
  let workbench: Workbench;

  useWorkbench(
    {
      gpu: false,
      host: "worker",
      settings: {
        "cloze.engine.device": "wasm",
        "files.readonlyInclude": { "locked.txt": true },
        "files.autoSave": "off", // in a browser what is edited is saved a second later, and is not to be reverted then
      },
      files,
    },
    async (opened) => {
      workbench = opened;
      workbench.page.setDefaultTimeout(60_000);
    },
  );

  afterEach(async () => {
    await workbench.page.keyboard.press("Escape");
    await workbench.command("workbench.action.files.revert");
    await workbench.command("notifications.clearAll");
  });

  const words = async () => (await workbench.quickPickRows()).map(({ label }) => label);
  /** The document as it is, by its version too: what a preview must not change. */
  const state = () =>
    workbench.run((vscode) => {
      const { version, isDirty } = vscode.window.activeTextEditor!.document;
      return { version, isDirty, text: vscode.window.activeTextEditor!.document.getText() };
    });

  test("a read-only document, and one without a word, is refused before the engine starts", async () => {
    await workbench.open("locked.txt");
    await workbench.selectText("door");
    await workbench.palette(COMMAND);
    await workbench.toast("The document is read-only");
    await workbench.clearToasts();
    await workbench.open("empty.txt");
    await workbench.palette(COMMAND);
    await workbench.toast("There is no word here");
    await workbench.clearToasts();
    expect((await workbench.statusItems()).map(({ label }) => label).join()).toContain("engine is off");
  });

  test("the light bulb offers it where a word is, and starts no engine", async () => {
    await workbench.open("story.txt");
    const offers = () =>
      workbench.run(async (vscode) => {
        const { document, selection } = vscode.window.activeTextEditor!;
        const actions = await vscode.commands.executeCommand<{ title: string; kind?: { value: string } }[]>(
          "vscode.executeCodeActionProvider",
          document.uri,
          selection,
        );
        return actions.map(({ title, kind }) => `${title} ${kind?.value}`);
      });
    await workbench.select([2, 17]);
    expect(await offers()).toEqual(["Suggest words here refactor.rewrite"]);
    await workbench.select([3, 1]);
    expect(await offers()).toEqual([]);
    expect((await workbench.statusItems()).map(({ label }) => label).join()).toContain("engine is off");
  });

  test("other extensions get the words for a text's masks", async () => {
    const filled = (await workbench.command("cloze.suggestWords", {
      text: "He closed the [MASK] behind him.",
      top: 3,
    })) as { masks: { start: number; predictions: { token: string }[] }[] };
    expect(filled.masks).toHaveLength(1);
    expect(filled.masks[0].start).toBe(14);
    expect(filled.masks[0].predictions.map(({ token }) => token)).toEqual(["door", "room", "window"]);
  });

  test("a candidate is seen in place while the keys are on it, and Escape leaves nothing", async () => {
    await workbench.open("book.txt");
    await workbench.selectText("door");
    const before = await state();
    await workbench.lightBulb("Suggest words here");
    const rows = await workbench.quickPickRows();
    expect(rows.length).toBeGreaterThanOrEqual(10);
    for (const { label, description } of rows) {
      expect(label).toMatch(/^[a-z0-9]+$/);
      expect(description).toMatch(/^(less than )?[\d.]+%( · there now)?$/);
    }
    const others = rows.filter(({ description }) => !description.endsWith("there now"));
    expect(others).toHaveLength(rows.length - 1);
    // The keys begin on the first that is not there yet.
    const from = rows.indexOf(others[0]);
    for (const { label } of rows.slice(from, from + 3)) {
      await eventually(() => workbench.activeRow()).toBe(label);
      await eventually(() => workbench.decorationTexts()).toEqual([label]);
      const line = workbench.page.locator(".view-line", { hasText: "He closed the" });
      expect((await line.innerText()).replaceAll("\u00A0", " ")).toBe("He closed the  behind him.");
      await workbench.page.keyboard.press("ArrowDown");
    }
    await workbench.screenshot("suggest-preview");
    expect(await state()).toEqual(before);
    await workbench.dismiss();
    await eventually(() => workbench.decorationTexts()).toEqual([]);
    await workbench.focusEditor();
    await workbench.page.keyboard.press("ControlOrMeta+Z"); // there is no step to take back
    expect(await state()).toEqual(before);
  });

  test("Enter replaces in one undo step, cased as the word before, by offsets that hold with CRLF, tabs and emoji", async () => {
    await workbench.open("windows.txt");
    const before = await workbench.text();
    for (const [line, column, cased] of [
      [1, 20, /^\p{Lu}[^\p{Lu}]*$/u],
      [2, 3, /^[^\p{Ll}]+$/u],
      [2, 14, /^[^\p{Lu}]+$/u],
    ] as const) {
      await workbench.select([line, column]);
      await workbench.page.keyboard.press("ControlOrMeta+Alt+W");
      const { label } = (await workbench.quickPickRows()).find(
        (row) => !row.description.endsWith("there now"),
      )!;
      expect(label).toMatch(cased);
      await workbench.pick(label);
      const old = { 20: "Door", 3: "DOOR", 14: "door" }[column];
      await eventually(() => workbench.text()).toBe(before.replace(old, label));
      await workbench.focusEditor();
      await workbench.page.keyboard.press("ControlOrMeta+Z");
      await eventually(() => workbench.text()).toBe(before);
    }
  });

  test("a word of one's own is looked for, scored and taken", async () => {
    await workbench.open("story.txt");
    await workbench.selectText("door");
    await workbench.palette(COMMAND);
    await workbench.quickPickRows();
    await workbench.type("unwatchable thing");
    expect(await words()).toEqual(["How likely is “unwatchable thing”?"]);
    await workbench.screenshot("suggest-typed");
    await workbench.accept();
    await eventually(() => words()).toEqual(["unwatchable thing"]);
    const [{ description }] = await workbench.quickPickRows();
    expect(description).toBe("less than 0.01%");
    await eventually(() => workbench.decorationTexts()).toEqual(["unwatchable thing"]);
    await workbench.accept();
    await eventually(() => workbench.text()).toBe(story.replace("door", "unwatchable thing"));
    await workbench.command("undo");
  });

  test("the masks of a sentence are filled together and replaced in one step", async () => {
    await workbench.open("masks.md");
    const before = await workbench.text();
    await workbench.select([1, 15]);
    await workbench.palette(COMMAND);
    const [first] = await words();
    expect(first).toMatch(/^\p{Lu}\S* opened the \S+$/u);
    await eventually(() => workbench.decorationTexts()).toHaveLength(2);
    await workbench.screenshot("suggest-masks");
    await workbench.accept();
    await eventually(() => workbench.text()).toContain(`- ${first} and read it.\n`);
    await workbench.command("undo");
    await eventually(() => workbench.text()).toBe(before);
    await workbench.select([2, 3]);
    await workbench.palette(COMMAND);
    expect(await words()).toContain("reading");
    await workbench.pick("reading");
    await eventually(() => workbench.text()).toContain("She is reading it.");
  });

  test("the words of several cursors are filled together", async () => {
    await workbench.open("story.txt");
    await workbench.select([1, 11], [2, 17]);
    await workbench.palette(COMMAND);
    const [first] = await words();
    await eventually(() => workbench.decorationTexts()).toHaveLength(2);
    await workbench.accept();
    await eventually(() => workbench.text()).not.toBe(story);
    const now = await workbench.text();
    expect(now).toMatch(/^It was a \S+ night.\nHe closed the \S+ behind him.\n\nThe rain fell.$/);
    expect(now.replace(/\s+/g, " ")).toContain(first);
    await workbench.command("undo");
    await eventually(() => workbench.text()).toBe(story);
  });

  test("what the model has no words for, such as Chinese, is said", async () => {
    await workbench.open("chinese.txt");
    await workbench.select([1, 4]);
    await workbench.palette(COMMAND);
    await workbench.toast("The model knows no word for this place");
    await workbench.clearToasts();
    expect(await workbench.text()).toBe(files["chinese.txt"]);
  });

  test("a document that changed meanwhile is not touched", async () => {
    await workbench.open("story.txt");
    await workbench.selectText("door");
    await workbench.palette(COMMAND);
    await workbench.quickPickRows();
    await workbench.run(async (vscode) => {
      const edit = new vscode.WorkspaceEdit();
      const { document } = vscode.window.activeTextEditor!;
      edit.insert(document.uri, new vscode.Position(0, 0), "X");
      await vscode.workspace.applyEdit(edit);
    });
    await workbench.accept();
    await workbench.toast("The document has changed meanwhile");
    expect(await workbench.text()).toBe(`X${story}`);
    await workbench.clearToasts();
    await workbench.command("undo");
  });

  test("a document made read-only for the session stays as it is, and that is said", async () => {
    await workbench.open("story.txt");
    await workbench.command("workbench.action.files.setActiveEditorReadonlyInSession");
    await workbench.selectText("door");
    await workbench.palette(COMMAND);
    await workbench.quickPickRows();
    await workbench.accept();
    await workbench.toast("The document is read-only");
    expect(await workbench.text()).toBe(story);
    await workbench.clearToasts();
    await workbench.command("workbench.action.files.resetActiveEditorReadonlyInSession");
  });

  test("in a document of 1 MB it is as quick", async () => {
    await workbench.open("large.txt");
    await workbench.run((vscode) => {
      const at = new vscode.Position(0, 540_005);
      vscode.window.activeTextEditor!.selection = new vscode.Selection(at, at);
    });
    const before = Date.now();
    await workbench.palette(COMMAND);
    await workbench.quickPickRows();
    console.log(`in 1 MB, from the palette to the rows: ${Date.now() - before} ms`);
    await workbench.accept();
    await eventually(() => workbench.text()).not.toBe(files["large.txt"]);
  });

  test("it can be cancelled while the engine starts, and leaves nothing", async () => {
    await workbench.open("story.txt");
    await workbench.run((vscode) =>
      vscode.workspace.getConfiguration("cloze.engine").update("precision", "fp32", true),
    );
    await workbench.selectText("door");
    await workbench.palette(COMMAND);
    await workbench.pressToast("Finding words", "Cancel");
    await expect.poll(() => workbench.toasts(), { timeout: 60_000 }).toEqual([]);
    expect(await workbench.quickInput.isVisible()).toBe(false);
    expect(await workbench.decorationTexts()).toEqual([]);
    expect(await workbench.text()).toBe(story);
  });

  test("without an editor it says what is missing", async () => {
    await workbench.command("workbench.action.closeAllEditors");
    await workbench.palette(COMMAND);
    await workbench.toast("No document is open");
    await workbench.clearToasts();
  });
});
