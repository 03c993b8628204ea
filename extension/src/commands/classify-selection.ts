/**
 * Classify Selection.
 */
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";
import { during } from "./during.ts";

export const classifySelection: Command = {
  id: "cloze.classifySelection",
  async run({ engine }) {
    const editor = vscode.window.activeTextEditor;
    if (!editor) return;
    const text = editor.document.getText(editor.selection);
    const results = await during(vscode.l10n.t("Classifying"), (run) =>
      engine.run("classify", { inputs: [{ text }] }, run),
    );
    void vscode.window.showInformationMessage(`Cloze: ${JSON.stringify(results)}`);
    return results;
  },
};
