/**
 * Parts of a document's text: by offsets, as the engine has them, and by lines and columns, as VS Code has them.
 */
import * as vscode from "vscode";
import type { Span } from "./sentences.ts";

export function rangeOf(document: vscode.TextDocument, { start, end }: Span): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}

export function spanOf(document: vscode.TextDocument, { start, end }: vscode.Range): Span {
  return { start: document.offsetAt(start), end: document.offsetAt(end) };
}
