/**
 * Places of a document that were found in its text as it was, while people go on writing: engines take time, and so do
 * readers of a list.
 */
import * as vscode from "vscode";
import { follow } from "./follow.ts";
import type { Change } from "./follow.ts";
import { moved } from "./moved.ts";
import type { Span } from "./sentences.ts";

/** Follows a document from now on. */
export class Follower implements vscode.Disposable {
  /** The follower of what is in the view of results: there is one list at a time. */
  static #kept: Follower | undefined;
  readonly #document: vscode.TextDocument;
  readonly #changes: Change[] = [];
  readonly #eol: vscode.EndOfLine;
  readonly #listener: vscode.Disposable;

  constructor(document: vscode.TextDocument) {
    this.#document = document;
    this.#eol = document.eol;
    this.#listener = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document === document) this.#changes.push(...event.contentChanges);
    });
  }

  /** Where a part of the text as it was stands now; `undefined` where it was edited. */
  now(span: Span): Span | undefined {
    if (this.#document.eol !== this.#eol) return undefined; // which moves everything, and is no reported change
    return moved(span, this.#changes);
  }

  /** The same as a place that VS Code can go to. */
  location(span: Span): vscode.Location | undefined {
    const now = this.now(span);
    return now && new vscode.Location(this.#document.uri, rangeOf(this.#document, now));
  }

  /** Goes on until another one is kept. */
  keep(): void {
    Follower.#kept?.dispose();
    Follower.#kept = this;
  }

  dispose(): void {
    this.#listener.dispose();
  }
}

/** The part after several edits, in the order in which they were reported. */
export function followAll(span: Span, changes: readonly Change[]): Span | undefined {
  return changes.reduce<Span | undefined>((now, change) => now && follow(now, change), span);
}

/** A part of a document's text as a range. */
export function rangeOf(document: vscode.TextDocument, { start, end }: Span): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}
