import { expect, test, vi } from "vitest";
import type { LogOutputChannel, TextDocument } from "vscode";
import type { Engine } from "../engine/engine.ts";
import { Highlights } from "./highlights.ts";

type Listener = (event: unknown) => void;
const { heard, event } = vi.hoisted(() => {
  const all = new Map<string, Listener>();
  return {
    heard: all,
    event: (name: string) => (listener: Listener) => {
      all.set(name, listener);
      return { dispose: () => all.delete(name) };
    },
  };
});

vi.mock("../settings.ts", () => ({ settings: () => ({ get: () => 0 }) }));
vi.mock("../views/entities-view.ts", () => ({
  EntitiesView: class {
    show() {}
    dispose() {}
  },
}));
vi.mock("vscode", () => ({
  Disposable: {
    from: (...all: { dispose(): void }[]) => ({ dispose: () => all.forEach((one) => one.dispose()) }),
  },
  FileSystemError: class extends Error {},
  commands: { executeCommand() {} },
  env: { language: "en" },
  l10n: { t: (text: string) => text },
  languages: { registerHoverProvider: () => ({ dispose() {} }) },
  window: {
    visibleTextEditors: [],
    onDidChangeVisibleTextEditors: event("editors"),
    onDidChangeActiveTextEditor: event("active"),
  },
  workspace: {
    onDidChangeTextDocument: event("change"),
    onDidCloseTextDocument: event("close"),
    onDidChangeConfiguration: event("settings"),
  },
}));

test("entities go with their document, and stay where only its language becomes another", async () => {
  const document = { isClosed: false, getText: () => "Ada" };
  const engine = { run: async () => [{ entities: [] }] };
  const highlights = new Highlights(engine as unknown as Engine, {} as LogOutputChannel);
  const shown = document as unknown as TextDocument;
  await highlights.show(shown, "head", {});
  heard.get("close")!(document); // VS Code closes and opens it for another language
  expect(highlights.has(shown)).toBe(true);
  document.isClosed = true;
  heard.get("close")!(document);
  expect(highlights.has(shown)).toBe(false);
  expect(heard.size).toBe(0);
});
