import { expect, test, vi } from "vitest";
import type { TextDocument } from "vscode";
import { Answers } from "./answers.ts";

type Listener = (event: unknown) => void;
const { heard, event, context } = vi.hoisted(() => {
  const all = new Map<string, Listener>();
  return {
    heard: all,
    event: (name: string) => (listener: Listener) => {
      all.set(name, listener);
      return { dispose: () => all.delete(name) };
    },
    context: new Map<unknown, unknown>(),
  };
});

vi.mock("vscode", () => ({
  Range: vi.fn(),
  ThemeColor: vi.fn(),
  DecorationRangeBehavior: {},
  OverviewRulerLane: {},
  commands: { executeCommand: (_: string, key: unknown, value: unknown) => context.set(key, value) },
  window: {
    visibleTextEditors: [],
    createTextEditorDecorationType: () => ({ dispose() {} }),
    onDidChangeVisibleTextEditors: event("editors"),
  },
  workspace: { onDidCloseTextDocument: event("close"), onDidChangeTextDocument: event("change") },
}));

test("answers go with their document, and stay where only its language becomes another", () => {
  const document = { isClosed: false, positionAt() {} };
  const answers = new Answers();
  answers.show(document as unknown as TextDocument, [{ start: 0, end: 4 }]);
  heard.get("close")!(document); // VS Code closes and opens it for another language
  expect(context.get("cloze.answers")).toBe(1);
  document.isClosed = true;
  heard.get("close")!(document);
  expect(context.get("cloze.answers")).toBe(0);
  expect(heard.size).toBe(0);
});
