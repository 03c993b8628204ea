/**
 * The light bulb's offer: Suggest Words Here, wherever a word is. It looks at nothing but the place, and starts nothing.
 */
import * as vscode from "vscode";
import { settings } from "./settings.ts";

const kind = vscode.CodeActionKind.RefactorRewrite;
/** A `[MASK]` counts as a word, and so do the words of a longer selection. */
const WORD = /[\p{L}\p{N}]/u;

export function registerCodeActions(): vscode.Disposable {
  return vscode.languages.registerCodeActionsProvider(
    "*",
    {
      provideCodeActions(document, range, { only }) {
        if ((only && !only.contains(kind)) || !settings().get("suggest.lightBulb")) return [];
        if (!WORD.test(document.getText(range.isEmpty ? around(document, range.start) : firstLine(range))))
          return [];
        const action = new vscode.CodeAction(vscode.l10n.t("Suggest words here"), kind);
        action.command = { command: "cloze.suggestWords", title: action.title };
        return [action];
      },
    },
    { providedCodeActionKinds: [kind] },
  );
}

/** The characters on both sides of a cursor. */
function around(document: vscode.TextDocument, { line, character }: vscode.Position): vscode.Range {
  return document.validateRange(new vscode.Range(line, Math.max(0, character - 2), line, character + 2));
}

/** As much of a selection as is looked at. */
function firstLine({ start, end }: vscode.Range): vscode.Range {
  return end.line === start.line
    ? new vscode.Range(start, end)
    : new vscode.Range(start, start.translate(1).with({ character: 0 }));
}
