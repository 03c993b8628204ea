/**
 * What was said of texts, behind them in the editor. A text keeps its label while it is moved by edits elsewhere, and
 * loses it when it is edited. Only what is in sight is drawn, so ten thousand lines cost as much as fifty.
 */
import * as vscode from "vscode";
import { movedAlone } from "../text/moved.ts";
import { rangeOf } from "../text/ranges.ts";
import { shorten } from "../text/sentences.ts";
import type { Span } from "../text/sentences.ts";
import { editorsOf } from "./editors.ts";

/** A text in a document, wherever edits move it. */
export class Place {
  readonly document: vscode.TextDocument;
  /** `undefined` once the text was edited. */
  span: Span | undefined;
  note: Note | undefined;

  constructor(document: vscode.TextDocument, span: Span) {
    this.document = document;
    this.span = span;
  }

  /** Where it is now. */
  get location(): vscode.Location | undefined {
    return this.span && new vscode.Location(this.document.uri, rangeOf(this.document, this.span));
  }

  /** Where a part of it is now, given in units of the place. */
  part({ start, end }: Span): vscode.Location | undefined {
    if (!this.span) return undefined;
    const from = this.span.start;
    const range = rangeOf(this.document, { start: from + start, end: from + end });
    return new vscode.Location(this.document.uri, range);
  }
}

/** What is drawn behind a text. */
export interface Note {
  readonly text: string;
  readonly hover: vscode.MarkdownString;
}

/** Lines above and below those in sight that are drawn too, so that scrolling does not flicker. */
const MARGIN = 40;
/** Labels that an editor draws at most: a line may be a book. */
const MOST = 500;
/** Letters of a label. */
const LENGTH = 80;

export class ResultDecorations implements vscode.Disposable {
  readonly #type = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor("cloze.resultForeground"), margin: "0 0 0 1.5em" },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  readonly #places = new Map<vscode.TextDocument, readonly Place[]>();
  readonly #watching: readonly vscode.Disposable[];

  constructor() {
    this.#watching = [
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.#draw(textEditor)),
      vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((one) => this.#draw(one))),
      // Another language is said as a close, too: then the document is not closed.
      vscode.workspace.onDidCloseTextDocument((document) =>
        this.#keep(document, this.#places.get(document) ?? []),
      ),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const places = this.#places.get(document);
        if (!places || contentChanges.length === 0) return;
        for (const place of places) place.span &&= movedAlone(place.span, contentChanges);
        this.#keep(document, places);
      }),
    ];
  }

  /** Follows texts of a document, as it is now, from now on. */
  follow(document: vscode.TextDocument, spans: readonly Span[]): Place[] {
    const places = spans.map((span) => new Place(document, span));
    this.#places.set(document, [...(this.#places.get(document) ?? []), ...places]);
    return places;
  }

  /**
   * Writes what was said behind texts that are followed, in the place of what was said of them, or parts of them,
   * before.
   */
  note(places: readonly Place[], notes: readonly Note[]): void {
    if (places.length === 0) return;
    for (const [i, place] of places.entries()) place.note = notes[i];
    const [{ document }] = places;
    const fresh = new Set(places);
    const older = (this.#places.get(document) ?? []).filter(
      (place) => fresh.has(place) || !place.note || !places.some((one) => overlap(one, place)),
    );
    this.#keep(document, older);
  }

  /** Follows texts that nothing is said of no longer. */
  forget(places: readonly Place[]): void {
    if (places.length === 0) return;
    const [{ document }] = places;
    const gone = new Set(places.filter(({ note }) => !note));
    this.#keep(
      document,
      (this.#places.get(document) ?? []).filter((place) => !gone.has(place)),
    );
  }

  /** Takes away what was said; texts that are still being read are followed on. */
  clear(): void {
    for (const [document, places] of this.#places)
      this.#keep(
        document,
        places.filter(({ note }) => !note),
      );
  }

  dispose(): void {
    for (const one of [this.#type, ...this.#watching]) one.dispose();
  }

  /** Those of a document that are still there, and no others. */
  #keep(document: vscode.TextDocument, places: readonly Place[]): void {
    const kept = places.filter(({ span }) => span);
    if (document.isClosed || kept.length === 0) this.#places.delete(document);
    else this.#places.set(document, kept);
    for (const editor of editorsOf(document)) this.#draw(editor);
  }

  #draw(editor: vscode.TextEditor): void {
    const { document, visibleRanges } = editor;
    const places = this.#places.get(document) ?? [];
    const sight = visibleRanges.map((range) => ({
      start: document.offsetAt(new vscode.Position(Math.max(0, range.start.line - MARGIN), 0)),
      end: document.offsetAt(new vscode.Position(range.end.line + MARGIN, 0)),
    }));
    const drawn: vscode.DecorationOptions[] = [];
    for (const { span, note } of places) {
      if (drawn.length === MOST) break;
      if (!span || !note || !sight.some(({ start, end }) => start <= span.end && span.end <= end)) continue;
      drawn.push({
        range: rangeOf(document, span),
        hoverMessage: note.hover,
        renderOptions: { after: { contentText: shorten(note.text, LENGTH) } },
      });
    }
    editor.setDecorations(this.#type, drawn);
  }
}

function overlap({ span: a }: Place, { span: b }: Place): boolean {
  return a !== undefined && b !== undefined && a.start < b.end && b.start < a.end;
}
