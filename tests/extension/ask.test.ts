/** Asking a document, its sentences and its tokens, as a person does it in the editor. */
import { beforeEach, describe, expect, test } from "vitest";
import { hasEditors } from "./editor.ts";
import type { Workbench } from "./editor.ts";
import { useWorkbench } from "./use-workbench.ts";

const play = `# The Seagull

The Seagull is a play by the Russian dramatist Anton Chekhov. It was written in 1895 and
first produced in 1896 at the Alexandrinsky Theatre in Saint Petersburg.

The first night was a famous failure. Vera Komissarzhevskaya was so frightened by the audience that she
lost her voice. The playwright hid behind the scenes.

Konstantin Stanislavski directed it in 1898 for the Moscow Art Theatre, and there it was a triumph.
The audience in Moscow loved the play.
`;
const mixed = "🙂🙂 Notes\r\n\t今天下雨。\r\n\r\n\tThe café was built by Anton Chekhov in 1896. 🎭\r\n";
const filler =
  "The weather in the valley stays the same for most of the year, and nobody writes about it.\n\n";
const big = filler.repeat(5500) + play + filler.repeat(5500);

/** The machine may be busy, and the first question starts the engine. */
const until = <T>(what: () => T | Promise<T>) => expect.poll(what, { timeout: 90_000 });

const SLOW = { timeout: 300_000 };

interface Asked {
  readonly answer: string;
  readonly start: number | null;
  readonly end: number | null;
  readonly answers: readonly { readonly text: string; readonly start: number; readonly end: number }[];
}

describe.runIf(hasEditors)("asking in the editor", () => {
  let workbench: Workbench;
  useWorkbench(
    {
      gpu: false,
      host: "worker",
      settings: { "cloze.engine.device": "wasm", "files.readonlyInclude": { "mixed.txt": true } },
      files: { "play.md": play, "mixed.txt": mixed, "big.txt": big, "empty.txt": "" },
    },
    (opened) => (workbench = opened),
  );
  beforeEach(() => workbench.clearToasts());

  const ask = async (question: string) => {
    await workbench.palette("Cloze: Ask This Document");
    await workbench.type(question);
    await workbench.accept();
  };
  const status = () => workbench.page.locator(".part.statusbar").innerText();
  const rows = () => workbench.treeRows("Results");

  test("without a document they say what to do", async () => {
    for (const [command, text] of [
      ["Ask This Document", "Open a document to ask it."],
      ["Find Similar Sentences", "Open a document to compare its sentences."],
      ["Tokens of Selection", "Open a document to see its tokens."],
    ]) {
      await workbench.palette(`Cloze: ${command}`);
      expect(await workbench.toast(text)).toBe(`Cloze: ${text}`);
    }
  });

  test("an answer is selected, highlighted and listed, and others are a key away", SLOW, async () => {
    await workbench.open("play.md");
    await ask("When was the play first produced?");
    await until(() => workbench.selected()).toEqual(["1896"]);
    await until(() => workbench.marks.count()).toBeGreaterThan(1);
    const listed = await rows();
    expect(listed[0]).toMatch(/^1896.*% line 4$/);
    await workbench.screenshot("ask-answers");

    const { length } = listed;
    await workbench.page.keyboard.press("Alt+F8");
    await until(status).toContain(`Answer 2 of ${length}`);
    expect(listed[1].startsWith((await workbench.selected())[0])).toBe(true);
    for (let i = 0; i < length - 1; i++) await workbench.palette("Cloze: Next Answer");
    await until(status).toContain(`Answer 1 of ${length}`);
    await workbench.page.keyboard.press("Shift+Alt+F8");
    await until(status).toContain(`Answer ${length} of ${length}`);
    await workbench.clickRow("Results", 0);
    await until(() => workbench.selected()).toEqual(["1896"]);
  });

  test("highlights move with edits, and go where their text is edited, by Escape and by Clear Results", async () => {
    const before = await workbench.marks.count();
    await workbench.select([1, 1]);
    await workbench.page.keyboard.type("x");
    expect(await workbench.marks.count()).toBe(before);
    await workbench.clickRow("Results", 0);
    await until(() => workbench.selected()).toEqual(["1896"]);
    await workbench.focusEditor();
    await workbench.page.keyboard.type("long ago");
    await until(() => workbench.marks.count()).toBe(before - 1);
    await workbench.clickRow("Results", 0);
    await until(status).toContain("The answer is there no more.");
    await workbench.focusEditor();
    await workbench.page.keyboard.press("Escape");
    await until(() => workbench.marks.count()).toBe(0);
    await workbench.clickRow("Results", 1);
    await until(status).toContain("Answer 1 of");
    await workbench.focusEditor();
    for (let i = 0; i < 9; i++) await workbench.page.keyboard.press("ControlOrMeta+Z");
    await until(() => workbench.text()).toBe(play);

    await ask("Who directed the play?");
    await until(() => workbench.marks.count()).toBeGreaterThan(0);
    await workbench.palette("Cloze: Clear Results");
    await until(() => workbench.marks.count()).toBe(0);
  });

  test("questions asked before are offered again", async () => {
    await workbench.palette("Cloze: Ask This Document");
    expect((await workbench.quickPickRows()).map(({ label }) => label)).toEqual([
      "Who directed the play?",
      "When was the play first produced?",
    ]);
    await workbench.screenshot("ask-question");
    await workbench.type("when");
    await until(() => workbench.activeRow()).toBe("when");
    await workbench.pick("When was the play first produced?");
    await until(() => workbench.selected()).toEqual(["1896"]);
  });

  test("that there is no answer is said plainly, and guesses are offered", async () => {
    await ask("How many legs does a spider have?");
    await workbench.toast("No answer here to “How many legs does a spider have?”.");
    const [first, ...guesses] = await rows();
    expect(first).toMatch(/^No answer here ?the nearest guesses$/);
    expect(guesses.length).toBeGreaterThan(0);
    await until(() => workbench.marks.count()).toBe(0);
    await workbench.screenshot("ask-no-answer");
    await workbench.clickRow("Results", 1);
    await until(async () => guesses[0].startsWith((await workbench.selected())[0])).toBe(true);
  });

  test("of a selected text only that is asked", async () => {
    await workbench.select([9, 1, 10, 1]);
    const asked = (await workbench.command("cloze.askDocument", {
      question: "When was it directed?",
    })) as Asked;
    expect(asked.answers[0].text).toBe("1898");
    const from = play.indexOf("Konstantin");
    for (const { start, end } of asked.answers) expect(start >= from && end <= play.length).toBe(true);
    expect(play.slice(asked.answers[0].start, asked.answers[0].end)).toBe("1898");
  });

  test("CRLF, tabs, emoji and Chinese keep their places, in a file that cannot be changed", async () => {
    await workbench.open("mixed.txt");
    const asked = (await workbench.command("cloze.askDocument", {
      question: "Who built the café?",
    })) as Asked;
    expect(mixed.slice(asked.answers[0].start, asked.answers[0].end)).toBe(asked.answers[0].text);
    expect(asked.answers[0].text).toContain("Chekhov");
    await until(() => workbench.selected()).toEqual([asked.answers[0].text]);
    await workbench.screenshot("ask-mixed");
  });

  test("an empty document has nothing to ask, to compare or to read", async () => {
    await workbench.open("empty.txt");
    await ask("Who?");
    await workbench.toast("The document is empty: there is nothing to ask.");
    await workbench.palette("Cloze: Find Similar Sentences");
    await workbench.toast("There is no sentence here: put the cursor in one, or select a text.");
    await workbench.palette("Cloze: Tokens of Selection");
    await workbench.toast("Select a text, or two for a pair.");
  });

  test("a long document is read with progress, and cancelled where it takes too long", SLOW, async () => {
    await workbench.open("big.txt");
    await ask("Who wrote the play?");
    expect(await workbench.toast(/left/)).toMatch(/about \d+ minutes left$/);
    await workbench.screenshot("ask-long");
    await workbench.pressToast("Reading to answer", "Cancel");
    await until(() => workbench.toasts()).toEqual([]);

    await workbench.select([1, 5]);
    await workbench.palette("Cloze: Find Similar Sentences");
    await until(() => workbench.pane("Results").innerText()).toMatch(/among the 4096 around it/);
    expect((await rows())[0]).toMatch(/ ?1\.000 · line 3$/);

    await workbench.open("play.md");
    await workbench.select([1, 1]);
    await ask("When was the play first produced?");
    await until(() => workbench.selected()).toEqual(["1896"]);
  });

  test("a document may be edited while it is read", async () => {
    await workbench.open("play.md");
    const asked = await workbench.run(async (vscode) => {
      const active = vscode.window.activeTextEditor!;
      const answer = vscode.commands.executeCommand("cloze.askDocument", {
        question: "Who directed the play?",
      });
      await active.edit((edit) => edit.insert(new vscode.Position(0, 0), "Edited meanwhile.\n"));
      const { answers } = (await answer) as Asked;
      const text = active.document.getText();
      return answers.map((one) => [one.text, text.slice(one.start, one.end)]);
    });
    expect(asked.length).toBeGreaterThan(0);
    for (const [text, there] of asked) expect(there).toBe(text);
    await workbench.focusEditor();
    await workbench.page.keyboard.press("ControlOrMeta+Z");
  });

  test("sentences like the one at the cursor are listed, and lead to their place", async () => {
    await workbench.select([10, 5]);
    await workbench.palette("Cloze: Find Similar Sentences");
    await until(async () => (await rows())[0]).toMatch(/0\.\d{3} · line \d+$/);
    await until(() => workbench.pane("Results").innerText()).toContain(
      "Sentences like “The audience in Moscow",
    );
    await workbench.screenshot("ask-similar");
    const listed = await rows();
    expect(listed.length).toBeGreaterThan(3);
    await workbench.select([1, 1]);
    await workbench.page.keyboard.type("x"); // the places move
    await workbench.clickRow("Results", 1);
    await until(async () => (await workbench.selected())[0].replace(/\s+/g, " ")).toBe(
      listed[1].replace(/ ?0\.\d{3} · line \d+$/, ""),
    );
    await workbench.focusEditor();
    await workbench.page.keyboard.press("ControlOrMeta+Z");
  });

  test("tokens stand beside their text: two selections are a pair", async () => {
    await workbench.select([3, 1, 3, 61], [7, 1, 7, 16]);
    await workbench.palette("Cloze: Tokens of Selection");
    const page = await workbench.webview("What the model reads");
    await workbench.screenshot("ask-tokens");
    const pieces = await page.locator(".pieces code").allInnerTexts();
    expect(pieces.slice(0, 4)).toEqual(["[CLS]", "the", "sea", "##gul"]);
    const cells = await page.locator("tbody tr").nth(2).locator("td, th").allInnerTexts();
    expect(cells.map((cell) => cell.trim())).toEqual(["2", "sea", "2712", "0", "4", "7", "Sea"]);
    const colour = (of: string) =>
      page
        .locator(of)
        .first()
        .evaluate((one) => getComputedStyle(one).borderColor);
    expect(await colour(".pieces .first")).not.toBe(await colour(".pieces .second"));
    expect(await page.locator("script").count()).toBe(0);
  });

  test("all of them answer without an editor", async () => {
    await workbench.command("workbench.action.closeAllEditors");
    const asked = (await workbench.command("cloze.askDocument", {
      question: "Who wrote it?",
      context: "The play was written by Anton Chekhov in 1896.",
    })) as Asked;
    expect(asked).toMatchObject({ answer: "Anton Chekhov", start: 24, end: 37 });
    const similar = await workbench.command("cloze.findSimilar", {
      query: "a dull film",
      texts: ["open at nine", "a dull movie"],
      top: 1,
    });
    expect(similar).toMatchObject([{ index: 1, text: "a dull movie" }]);
    expect(await workbench.command("cloze.showTokens", { text: "Unaffable 🙂", pair: "yes" })).toMatchObject({
      tokens: ["[CLS]", "una", "##ffa", "##ble", "[UNK]", "[SEP]", "yes", "[SEP]"],
      segments: [0, 0, 0, 0, 0, 0, 1, 1],
      specials: [0, 5, 7],
      unknown: [4],
      truncated: false,
    });
  });
});
