/** Highlight Entities: names in the text, in a view and in hovers, while the text is edited. */
import { afterEach, describe, expect, test } from "vitest";
import { hasEditors } from "./editor.ts";
import type { Workbench } from "./editor.ts";
import { useWorkbench } from "./use-workbench.ts";

const story = [
  "Anton Chekhov was born in Taganrog.",
  "",
  "He wrote for the Moscow Art Theatre in Russia. Stanislavski directed it.",
  "",
  "\tLater 😀 Chekhov moved to Yalta.",
  "",
].join("\n");
const filler = "It rained all day and nobody went out.\n\n";
const long = `Ada Lovelace lived in London.\n\n${filler.repeat(25_000)}Charles Babbage lived in London.\n`;

const files = {
  "story.txt": story,
  "windows.txt": story.replaceAll("\n", "\r\n"),
  "chinese.txt": "他写了一封信。😀 Chekhov lived in Moscow.\n",
  "empty.txt": "",
  "plain.txt": "it rained all day .",
  "long.txt": long,
  "locked.txt": "Anton Chekhov was born in Taganrog.\n",
};

const soon = <T>(what: () => Promise<T>) => expect.poll(what, { timeout: 40_000, interval: 100 });

describe.runIf(hasEditors)("Highlight Entities", () => {
  let workbench: Workbench;
  useWorkbench(
    {
      host: "worker",
      settings: {
        "cloze.engine.device": "wasm",
        "files.readonlyInclude": { "**/locked.txt": true },
        "files.autoSave": "off", // in a browser what is edited is saved a second later, and is not to be reverted then
      },
      files,
    },
    async (opened) => {
      workbench = opened;
      await workbench.command("cloze.highlightEntities", { text: "The engine is started." });
    },
  );
  afterEach(() => workbench.command("workbench.action.closeAllEditors"));

  const highlight = () => workbench.palette("Cloze: Highlight Entities");
  const rows = async () => (await workbench.treeRows("Entities")).map((row) => row.replaceAll(/\s+/g, " "));
  const marks = () => workbench.marks.count();
  const least = (score?: number) =>
    workbench.run(
      (vscode, value) =>
        vscode.workspace.getConfiguration("cloze").update("entities.minimumScore", value, true),
      score,
    );
  interface Found {
    readonly shown: boolean;
    readonly entities: readonly { label: string; start: number; end: number; text: string }[];
  }
  const toggled = () => workbench.command("cloze.highlightEntities") as Promise<Found>;
  const named = ({ entities }: Found, text: string) =>
    entities.map((entity) => {
      expect(text.slice(entity.start, entity.end)).toBe(entity.text);
      return `${entity.text} ${entity.label}`;
    });

  test("shows names in the text, in the view and in hovers, and takes them away again", async () => {
    await workbench.open("story.txt");
    await highlight();
    await soon(rows).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Person ?\d$/),
        expect.stringMatching(/^Location ?\d$/),
      ]),
    );
    await soon(marks).toBeGreaterThan(4);
    await workbench.select([1, 3]);
    await soon(() => workbench.hover()).toMatch(/Cloze: Person \(PER\), \d/);
    await workbench.screenshot("entities");
    await workbench.page.keyboard.press("Escape");
    await workbench.clickRow("Entities", "Yalta");
    await soon(() => workbench.selected()).toEqual(["Yalta"]);
    await least(1);
    await soon(marks).toBe(0);
    await least();
    await soon(marks).toBeGreaterThan(4);
    await workbench.focusEditor();
    await highlight();
    await soon(marks).toBe(0);
    await soon(() => workbench.pane("Entities").isVisible()).toBe(false);
  });

  test("gives its places to whoever calls it, with tabs, emoji, Chinese and CRLF", async () => {
    for (const file of ["story.txt", "windows.txt", "chinese.txt"]) {
      await workbench.open(file);
      const found = await toggled();
      expect(found.shown).toBe(true);
      expect(named(found, await workbench.text())).toEqual(
        expect.arrayContaining(
          file === "chinese.txt" ? ["Moscow LOC"] : ["Anton Chekhov PER", "Taganrog LOC", "Yalta LOC"],
        ),
      );
      expect(await toggled()).toEqual({ shown: false, entities: [] });
    }
    await expect(
      workbench.command("cloze.highlightEntities", { text: "Ada lived in London." }),
    ).resolves.toEqual({
      entities: [
        expect.anything(),
        expect.objectContaining({ label: "LOC", start: 13, end: 19, text: "London" }),
      ],
    });
  });

  test("reads what was edited again, and moves the rest along", async () => {
    await workbench.open("story.txt");
    await toggled();
    await soon(marks).toBeGreaterThan(4);
    await workbench.select([1, 1]);
    await workbench.page.keyboard.type("Marie Curie met the writer. ");
    await soon(rows).toEqual(expect.arrayContaining([expect.stringMatching(/^Marie Curie/)]));
    await workbench.clickRow("Entities", "Yalta");
    await soon(() => workbench.selected()).toEqual(["Yalta"]);
    await workbench.focusEditor();
    await workbench.page.keyboard.press("Delete");
    await soon(rows).not.toEqual(expect.arrayContaining([expect.stringMatching(/^Yalta/)]));
    await workbench.command("workbench.action.files.revert");
    await soon(rows).toEqual(expect.arrayContaining([expect.stringMatching(/^Yalta/)]));
    expect(await toggled()).toMatchObject({ shown: false });
  });

  test("several editors, each with its own", async () => {
    await workbench.open("story.txt");
    await toggled();
    await workbench.open("chinese.txt");
    await toggled();
    await soon(rows).toEqual(expect.arrayContaining([expect.stringMatching(/^Moscow/)]));
    expect(await rows()).not.toEqual(expect.arrayContaining([expect.stringMatching(/^Yalta/)]));
    await workbench.open("story.txt");
    await soon(rows).toEqual(expect.arrayContaining([expect.stringMatching(/^Yalta/)]));
    await soon(marks).toBeGreaterThan(4);
    expect(await toggled()).toMatchObject({ shown: false });
    await soon(rows).toEqual(expect.arrayContaining([expect.stringMatching(/^Moscow/)]));
    await workbench.open("chinese.txt");
    expect(await toggled()).toMatchObject({ shown: false });
    await soon(() => workbench.pane("Entities").isVisible()).toBe(false);
  });

  test("without names, without text, read-only, without an editor", async () => {
    await workbench.open("empty.txt");
    expect(await toggled()).toEqual({ shown: true, entities: [] });
    await soon(() => workbench.pane("Entities").innerText()).toContain("No names were found.");
    await workbench.open("plain.txt");
    expect(await toggled()).toEqual({ shown: true, entities: [] });
    await workbench.open("locked.txt");
    expect(named(await toggled(), files["locked.txt"])).toContain("Taganrog LOC");
    await workbench.command("workbench.action.closeAllEditors");
    await highlight();
    expect(await workbench.toast("No text is open")).toContain("open a document");
    await workbench.clearToasts();
  });

  test("of a megabyte shows what is in sight at once, then goes on until it is cancelled", async () => {
    await workbench.open("long.txt");
    await workbench.command("cursorBottom");
    const begun = Date.now();
    await highlight();
    await soon(rows).toEqual(expect.arrayContaining([expect.stringMatching(/^Charles Babbage/)]));
    const first = Date.now() - begun;
    await workbench.toast("Finding names");
    await soon(rows).toEqual(expect.arrayContaining([expect.stringMatching(/^Ada Lovelace/)]));
    await workbench.screenshot("entities-megabyte");
    await workbench.pressToast("Finding names", "Cancel");
    await soon(() => workbench.pane("Entities").innerText()).toContain("only a part was read");
    await soon(() => workbench.toasts()).toEqual([]);
    console.log(`A megabyte: what is in sight after ${first} ms`);
  });
});
