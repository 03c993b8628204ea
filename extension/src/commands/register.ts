/**
 * Gives a command to VS Code: what it cannot do it says, with a way to the log; what was cancelled says nothing.
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
      if (failure.code === "aborted") return;
      cloze.log.error(command.id, failure);
      void tell(cloze, failure);
    }
  });
}

async function tell(cloze: Cloze, failure: Failure): Promise<void> {
  const show = vscode.l10n.t("Show Log");
  const chosen = await vscode.window.showErrorMessage(`Cloze: ${failure.message}`, show);
  if (chosen === show) cloze.log.show();
}
