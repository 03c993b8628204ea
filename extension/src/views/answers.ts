/**
 * The answers to the last question, as they stand in their document: highlighted, walked through in the order of their
 * scores, moved along with edits. An answer whose own text is edited is none any more.
 */
import * as vscode from "vscode";
import { moved } from "../text/moved.ts";
import { rangeOf } from "../text/ranges.ts";
import type { Span } from "../text/sentences.ts";
import { editorsOf } from "./editors.ts";

/** The context key that keybindings read: how many answers there are. */
const COUNT = "cloze.answers";
/** How long the status bar says which one it is, in milliseconds. */
const SHOWN = 5000;

/** Where one is among the answers, both counted from 1. */
export interface Standing {
  readonly answer: number;
  readonly of: number;
}

export class Answers implements vscode.Disposable {
  #document: vscode.TextDocument | undefined;
  /** The best first; `undefined` where the text was edited. */
  #spans: (Span | undefined)[] = [];
  #current = -1;
  /** What is there while there are answers: who watches the document. */
  #open: vscode.Disposable[] = [];
  #highlight: vscode.TextEditorDecorationType | undefined;

  /** Highlights answers in the place of those before; the best comes first. */
  show(document: vscode.TextDocument, spans: readonly Span[]): void {
    this.clear();
    if (spans.length === 0) return;
    this.#document = document;
    this.#spans = [...spans];
    this.#highlight = vscode.window.createTextEditorDecorationType({
      backgroundColor: new vscode.ThemeColor("cloze.answerBackground"),
      border: "1px solid",
      borderColor: new vscode.ThemeColor("cloze.answerBorder"),
      overviewRulerColor: new vscode.ThemeColor("cloze.answerOverviewRuler"),
      overviewRulerLane: vscode.OverviewRulerLane.Center,
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    });
    this.#open = [
      vscode.window.onDidChangeVisibleTextEditors(() => this.#draw()),
      vscode.workspace.onDidChangeTextDocument(({ document: changed, contentChanges }) => {
        if (changed !== document) return;
        this.#spans = this.#spans.map((span) => span && moved(span, contentChanges));
        this.#draw();
      }),
      vscode.workspace.onDidCloseTextDocument((closed) => {
        if (closed === document && document.isClosed) this.clear(); // or it is of another language now
      }),
    ];
    this.#draw();
  }

  /** Goes to an answer, by its place in the list that was shown. It may be there no more. */
  async reveal(index: number): Promise<Standing | undefined> {
    const span = this.#spans[index];
    if (!span || !this.#document) return undefined;
    this.#current = index;
    await reveal(this.#document, rangeOf(this.#document, span));
    const places = this.#places();
    return { answer: places.indexOf(index) + 1, of: places.length };
  }

  /** Goes to the next answer, or by -1 to the one before; round and round. */
  step(by: 1 | -1): Promise<Standing | undefined> {
    const places = this.#places();
    const { length } = places;
    const after = places.findIndex((place) => place > this.#current);
    const next = by === 1 ? after : places.findLastIndex((place) => place < this.#current);
    return this.reveal(places[next === -1 ? (by === 1 ? 0 : length - 1) : next] ?? -1);
  }

  /** Highlights them no more; rows of the list still lead to them. */
  hide(): void {
    this.#highlight?.dispose();
    this.#highlight = undefined;
    void vscode.commands.executeCommand("setContext", COUNT, 0);
  }

  clear(): void {
    this.hide();
    for (const one of this.#open) one.dispose();
    this.#open = [];
    this.#document = undefined;
    this.#spans = [];
    this.#current = -1;
  }

  dispose(): void {
    this.clear();
  }

  /** Those that are still there. */
  #places(): number[] {
    return this.#spans.flatMap((span, i) => (span ? [i] : []));
  }

  #draw(): void {
    const document = this.#document;
    if (!document || !this.#highlight) return;
    const ranges = this.#spans.flatMap((span) => (span ? [rangeOf(document, span)] : []));
    for (const editor of editorsOf(document)) editor.setDecorations(this.#highlight, ranges);
    void vscode.commands.executeCommand("setContext", COUNT, ranges.length);
  }
}

/** Selects a place where the document is on the screen: in a diff or a notebook's cell, too. Otherwise opens it. */
async function reveal(document: vscode.TextDocument, range: vscode.Range): Promise<void> {
  const active = vscode.window.activeTextEditor;
  const editors = editorsOf(document);
  const editor = active && editors.includes(active) ? active : editors[0];
  if (editor && (editor === active || editor.viewColumn === undefined)) {
    editor.selection = new vscode.Selection(range.start, range.end);
    editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    return;
  }
  const column = editor?.viewColumn;
  await vscode.window.showTextDocument(document, {
    selection: range,
    ...(column !== undefined && { viewColumn: column }),
  });
}

/** Says in the status bar which answer it is. */
export function tellStanding(standing: Standing | undefined): Standing | undefined {
  const text = standing
    ? vscode.l10n.t("Answer {0} of {1}", standing.answer, standing.of)
    : vscode.l10n.t("The answer is there no more.");
  vscode.window.setStatusBarMessage(text, SHOWN);
  return standing;
}
