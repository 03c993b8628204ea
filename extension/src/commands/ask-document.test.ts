import { expect, test, vi } from "vitest";
import type { Cloze } from "../cloze.ts";
import type { Result } from "../views/results-view.ts";
import { askDocument } from "./ask-document.ts";
import { readQuestion } from "./read-question.ts";

const { window } = vi.hoisted(() => ({ window: {} as { activeTextEditor: object } }));

vi.mock("./read-question.ts", () => ({ readQuestion: vi.fn(async () => "Who?") }));
vi.mock("../settings.ts", () => ({ settings: () => ({ get: () => 5 }) }));
vi.mock("vscode", () => ({
  FileSystemError: class extends Error {},
  MarkdownString: class {
    value = "";
    appendText(text: string) {
      this.value += text;
      return this;
    }
    appendMarkdown(text: string) {
      return this.appendText(text);
    }
  },
  l10n: { t: (text: string) => text },
  window,
  workspace: { onDidChangeTextDocument: () => ({ dispose() {} }) },
}));

/** Asks a document of which a part may be selected; the answer is its first found word. */
async function ask(text: string, word: string, start = 0, meanwhile: (editor: Editor) => void = () => {}) {
  const editor: Editor = { text, selection: { start, end: start === 0 ? 0 : text.length } };
  window.activeTextEditor = {
    document: {
      getText: (part: { start: number; end: number } = { start: 0, end: editor.text.length }) =>
        editor.text.slice(part.start, part.end),
      offsetAt: (place: number) => place,
      positionAt: () => ({ line: 0 }),
    },
    get selection() {
      return editor.selection;
    },
  };
  vi.mocked(readQuestion).mockImplementationOnce(async () => {
    meanwhile(editor);
    return "Who?";
  });
  const asked: string[] = [];
  let rows: readonly Result[] = [];
  await askDocument.run({
    context: {},
    results: { show: (_: string, shown: readonly Result[]) => (rows = shown) },
    answers: { show() {}, async reveal() {} },
    engine: {
      async run(_: string, { inputs: [{ context }] }: { inputs: { context: string }[] }) {
        asked.push(context);
        const at = context.indexOf(word);
        const found = { text: word, start: at, end: at + word.length, score: 1, probability: 1 };
        return [{ answer: word, ...found, answers: [found] }];
      },
    },
  } as unknown as Cloze);
  return { asked, rows };
}

interface Editor {
  text: string;
  selection: { readonly start: number; readonly end: number };
}

test("an answer that goes over a line's end is marked in its sentence all the same", async () => {
  const { rows } = await ask("It was Ada\r\nLovelace who\nwrote it.", "Ada\r\nLovelace");
  expect(rows[0].tooltip).toMatchObject({
    value: "It was **Ada Lovelace** who wrote it.\n\nscore {0}, probability {1}",
  });
});

test("the selected text is asked also where it was moved while the question was written", async () => {
  const part = "All that is selected here was written by Ada.";
  const { asked } = await ask(`Left out. ${part}`, "Ada", 10, (editor) => {
    editor.text = `More. ${editor.text}`;
    editor.selection = { start: 16, end: editor.text.length };
  });
  expect(asked).toEqual([part]);
});
