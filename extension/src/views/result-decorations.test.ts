import { beforeEach, expect, test, vi } from "vitest";
import type { MarkdownString, TextDocument } from "vscode";
import { ResultDecorations } from "./result-decorations.ts";

type Listener = (event: unknown) => void;
const { heard, event, editors } = vi.hoisted(() => {
  const all = new Map<string, Listener>();
  return {
    heard: all,
    event: (name: string) => (listener: Listener) => void all.set(name, listener),
    editors: [] as object[],
  };
});

vi.mock("vscode", () => ({
  Position: class {
    readonly line: number;
    constructor(line: number) {
      this.line = line;
    }
  },
  Range: vi.fn(),
  Location: vi.fn(),
  ThemeColor: vi.fn(),
  DecorationRangeBehavior: {},
  window: {
    visibleTextEditors: editors,
    createTextEditorDecorationType() {},
    onDidChangeTextEditorVisibleRanges: event("scroll"),
    onDidChangeVisibleTextEditors: event("editors"),
  },
  workspace: { onDidCloseTextDocument: event("close"), onDidChangeTextDocument: event("change") },
}));

interface Drawn {
  readonly renderOptions: { readonly after: { readonly contentText: string } };
}

/** A document in an editor, all of it in sight; and the labels that are drawn there. */
function given() {
  const document = {
    isClosed: false,
    positionAt() {},
    offsetAt: ({ line }: { line: number }) => (line === 0 ? 0 : 1000),
  };
  let drawn: readonly Drawn[] = [];
  editors.push({
    document,
    visibleRanges: [{ start: { line: 0 }, end: { line: 9 } }],
    setDecorations: (_: unknown, all: readonly Drawn[]) => (drawn = all),
  });
  return {
    document: document as unknown as TextDocument,
    edit: (rangeOffset: number, rangeLength: number, text: string) =>
      heard.get("change")!({ document, contentChanges: [{ rangeOffset, rangeLength, text }] }),
    labels: () => drawn.map(({ renderOptions }) => renderOptions.after.contentText),
  };
}

const note = (text: string) => ({ text, hover: {} as MarkdownString });

beforeEach(() => {
  editors.length = 0;
});

test("a document of another language, which VS Code closes and opens for it, keeps its labels", () => {
  const decorations = new ResultDecorations();
  const { document, edit, labels } = given();
  const places = decorations.follow(document, [{ start: 10, end: 14 }]);
  decorations.note(places, [note("good")]);
  heard.get("close")!(document);
  edit(0, 0, "x\n");
  expect([labels(), places[0].span]).toEqual([["good"], { start: 12, end: 16 }]);
  edit(13, 1, "");
  expect([labels(), places[0].span]).toEqual([[], undefined]);
});

test("clearing takes labels away, and leaves texts that are still being read where edits move them", () => {
  const decorations = new ResultDecorations();
  const { document, edit, labels } = given();
  decorations.note(decorations.follow(document, [{ start: 0, end: 4 }]), [note("good")]);
  const places = decorations.follow(document, [{ start: 10, end: 14 }]);
  decorations.clear();
  expect(labels()).toEqual([]);
  edit(5, 0, "x\n");
  decorations.note(places, [note("bad")]);
  expect([labels(), places[0].span]).toEqual([["bad"], { start: 12, end: 16 }]);
});

test("a long label is cut between characters", () => {
  const decorations = new ResultDecorations();
  const { document, labels } = given();
  decorations.note(decorations.follow(document, [{ start: 0, end: 4 }]), [note(`a${"🙂".repeat(80)}`)]);
  expect(labels()[0].isWellFormed()).toBe(true);
});
