/**
 * What can be done with a thing that was chosen from a list, as a second list.
 */
import * as vscode from "vscode";
import { Failure } from "../engine/failure.ts";

export interface Action {
  readonly label: string;
  /** A codicon's name. */
  readonly icon: string;
  readonly description?: string;
  run(): PromiseLike<unknown>;
}

/**
 * @param actions What cannot be done now is false.
 * @throws Failure `aborted` where nothing is chosen.
 */
export async function chooseAction(title: string, actions: readonly (Action | false)[]): Promise<void> {
  const rows = actions
    .filter((action) => action !== false)
    .map((action) => ({
      action,
      label: action.label,
      iconPath: new vscode.ThemeIcon(action.icon),
      ...(action.description !== undefined && { description: action.description }),
    }));
  const row = await vscode.window.showQuickPick(rows, { title });
  if (!row) throw Failure.cancelled();
  await row.action.run();
}
