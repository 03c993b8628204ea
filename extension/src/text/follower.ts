/**
 * Places of a document that were found in its text as it was, while people go on writing: engines take time, and so do
 * readers of a list.
 */
import * as vscode from "vscode";
import { moved } from "./moved.ts";
import type { Change } from "./moved.ts";
import { rangeOf } from "./ranges.ts";
import type { Span } from "./sentences.ts";

/** Follows a document from now on. */
export class Follower implements vscode.Disposable {
  readonly #document: vscode.TextDocument;
  readonly #changes: Change[] = [];
  readonly #listener: vscode.Disposable;

  constructor(document: vscode.TextDocument) {
    this.#document = document;
    this.#listener = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document === document) this.#changes.push(...event.contentChanges);
    });
  }

  /** Where a part of the text as it was stands now; `undefined` where it was edited. */
  now(span: Span): Span | undefined {
    return moved(span, this.#changes);
  }

  /** The same as a place that VS Code can go to. */
  location(span: Span): vscode.Location | undefined {
    const now = this.now(span);
    return now && new vscode.Location(this.#document.uri, rangeOf(this.#document, now));
  }

  dispose(): void {
    this.#listener.dispose();
  }
}
