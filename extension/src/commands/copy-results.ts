/**
 * Copy Results: what the Results view shows, on the clipboard; of classified texts a line each, with tabs between text,
 * label and score.
 */
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";

export const copyResults: Command = {
  id: "cloze.copyResults",
  async run({ results: { plain } }) {
    if (plain === "")
      throw new Failure(
        "not-found",
        vscode.l10n.t(
          "There are no results to copy: run Cloze: Classify Selection, or another command, first.",
        ),
      );
    await vscode.env.clipboard.writeText(plain);
    vscode.window.setStatusBarMessage(vscode.l10n.t("Cloze: the results are on the clipboard."), 5000);
    return plain;
  },
};
