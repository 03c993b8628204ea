/**
 * The editors that show a document: there may be several, and each is drawn in.
 */
import * as vscode from "vscode";

export function editorsOf(document: vscode.TextDocument): vscode.TextEditor[] {
  return vscode.window.visibleTextEditors.filter((editor) => editor.document === document);
}
