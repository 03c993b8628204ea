/**
 * Choosing the model: by the setting, so the engine starts anew with it.
 */
import * as vscode from "vscode";

export async function useModel(name: string): Promise<void> {
  const configuration = vscode.workspace.getConfiguration("cloze");
  const { Global, Workspace } = vscode.ConfigurationTarget;
  // Where the workspace says another, the reader's own setting would change nothing.
  const target = configuration.inspect("model")?.workspaceValue === undefined ? Global : Workspace;
  await configuration.update("model", name, target);
}
