import { expect, test, vi } from "vitest";
import type { Cloze } from "../cloze.ts";
import type { Result } from "../views/results-view.ts";
import { classifySelection } from "./classify-selection.ts";
import type { Runnable } from "./pick-plugin.ts";
import { runOnEditor } from "./run-on-texts.ts";

const { window, heard, pickPlugin } = vi.hoisted(() => ({
  pickPlugin: vi.fn(),
  window: { setStatusBarMessage() {} } as { activeTextEditor: object; setStatusBarMessage(): void },
  heard: new Set<(event: object) => void>(),
}));

vi.mock("../settings.ts", () => ({ settings: () => ({ get: () => "always" }) }));
vi.mock("./pick-plugin.ts", () => ({ pickPlugin, listPlugins: async () => [] }));
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
  env: { language: "en" },
  l10n: { t: (text: string) => text },
  window,
  workspace: {
    onDidChangeTextDocument(listener: (event: object) => void) {
      heard.add(listener);
      return { dispose: () => heard.delete(listener) };
    },
  },
}));

/** An editor with all of a text selected. */
function open(text: string) {
  const document = { text, getText: () => document.text, offsetAt: (place: number) => place };
  window.activeTextEditor = { document, selections: [{ start: 0, end: text.length }] };
  const write = (before: string) => {
    document.text = before + document.text;
    const contentChanges = [{ rangeOffset: 0, rangeLength: 0, text: before }];
    for (const hear of heard) hear({ document, contentChanges });
  };
  return { write };
}

/** What is shown of what is run. */
function given(answer: (inputs: readonly object[]) => Promise<object[]>) {
  const places: { note?: string }[] = [];
  let rows: readonly Result[] | undefined;
  const cloze = {
    results: {
      show: (_: string, shown: readonly Result[]) => (rows = shown),
      decorations: {
        follow: (_: unknown, spans: readonly object[]) => (places.push(...spans), places),
        note: (noted: { note?: object }[], notes: readonly object[]) =>
          noted.forEach((place, i) => (place.note = notes[i])),
        forget() {},
      },
    },
  } as unknown as Cloze;
  const face = {
    byLine: true,
    inputs: async (texts: readonly string[]) => texts.map((one) => ({ text: one })),
    read: () => ({ label: "good", details: [] }),
  };
  const plugin = { title: "Mood", face, run: answer } as unknown as Runnable;
  return { cloze, plugin, places, rows: () => rows };
}

test("after an error nothing that was answered before is shown", async () => {
  open("line\n".repeat(200));
  const { cloze, plugin, places, rows } = given(async (inputs) => {
    if (inputs.length < 128) throw new Error("lost");
    return inputs.map(() => ({}));
  });
  await expect(runOnEditor(cloze, async () => plugin)).rejects.toThrow("lost");
  expect(rows()).toBeUndefined();
  expect(places.filter(({ note }) => note)).toEqual([]);
});

test("a long text is shown cut between characters", async () => {
  open(`a${"🙂".repeat(600)}`);
  const { cloze, plugin, rows } = given(async (inputs) => inputs.map(() => ({})));
  await runOnEditor(cloze, async () => plugin);
  const [{ description, tooltip }] = rows()!;
  expect(description!.isWellFormed()).toBe(true);
  expect((tooltip as { value: string }).value.isWellFormed()).toBe(true);
});

test("what was selected when the command was given is read, whatever is done until the engine has started", async () => {
  const { write } = open("line");
  const { cloze, plugin, rows } = given(async (inputs) => inputs.map(() => ({})));
  pickPlugin.mockImplementation(async () => {
    write("Before. ");
    open("another");
    return plugin;
  });
  await classifySelection.run(cloze);
  expect(rows()!.map(({ description }) => description)).toEqual(["line"]);
  expect(heard.size).toBe(0);
});
