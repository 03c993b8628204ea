/**
 * Open Example: a text to try commands on. The walkthrough's steps open it, select what they are about, and run their
 * command.
 */
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";

/** English, as the starter is. */
const TEXT = `A warm, funny and touching film.
Dull, clumsy and far too long.
I laughed from beginning to end.
The story never comes to life, and nobody acts well.

He closed the [MASK] behind him.

The Royal Observatory stands on a hill in Greenwich Park, above the river Thames. It was
commissioned in 1675 by King Charles II, who wanted better charts of the stars for his
navy. John Flamsteed was the first Astronomer Royal, and he laid the first stone on the
tenth of August. The building was designed by Christopher Wren, with the help of Robert
Hooke.
`;

/** What a step selects, and the command that it runs. */
const steps: Readonly<Record<string, { readonly select: string; readonly command: string }>> = {
  classify: { select: TEXT.slice(0, TEXT.indexOf("\n\n")), command: "cloze.classifySelection" },
  suggest: { select: "[MASK]", command: "cloze.suggestWords" },
  ask: { select: "", command: "cloze.askDocument" },
};

let opened: vscode.TextDocument | undefined;

export const openExample: Command = {
  id: "cloze.openExample",
  async run(_, step) {
    if (opened?.getText() !== TEXT || opened.isClosed)
      opened = await vscode.workspace.openTextDocument({ language: "plaintext", content: TEXT });
    const editor = await vscode.window.showTextDocument(opened, { preview: false });
    const chosen = typeof step === "string" ? steps[step] : undefined;
    if (!chosen) return undefined;
    const start = TEXT.indexOf(chosen.select);
    editor.selection = new vscode.Selection(
      opened.positionAt(start),
      opened.positionAt(start + chosen.select.length),
    );
    return vscode.commands.executeCommand(chosen.command);
  },
};
