/**
 * Gives a command to VS Code: what it cannot do it says, with a way to the log; what was cancelled says nothing. To a
 * program that asks it throws.
 */
import * as vscode from "vscode";
import type { Cloze, Command } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";

export function registerCommand(cloze: Cloze, command: Command): vscode.Disposable {
  return vscode.commands.registerCommand(command.id, async (...args: unknown[]) => {
    try {
      return await command.run(cloze, ...args);
    } catch (error) {
      const failure = Failure.of(error);
      if (isRequest(args[0])) throw failure; // whoever asked can tell it better
      if (failure.code === "aborted") return;
      cloze.log.error(command.id, failure);
      void tell(cloze, failure);
    }
  });
}

/** Whether a program asks, with texts or a file of its own, and no person. Menus give places, and what is selected there. */
function isRequest(argument: unknown): boolean {
  if (argument instanceof vscode.Uri) return false; // it has a query, too
  const fields = ["text", "texts", "inputs", "context", "query", "uri"];
  return typeof argument === "object" && argument !== null && fields.some((field) => field in argument);
}

async function tell(cloze: Cloze, failure: Failure): Promise<void> {
  const show = vscode.l10n.t("Show Log");
  const chosen = await vscode.window.showErrorMessage(`Cloze: ${failure.message}`, show);
  if (chosen === show) cloze.log.show();
}
