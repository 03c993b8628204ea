/**
 * Asks a person for a question, and offers those asked before in this workspace.
 */
import * as vscode from "vscode";

const KEY = "questions";
/** How many questions are offered again. */
const KEPT = 20;

/** @returns What was asked; `undefined` where the person gave up. */
export async function readQuestion(memory: vscode.Memento, title: string): Promise<string | undefined> {
  const earlier = memory.get<readonly string[]>(KEY, []);
  const question = await pick(title, earlier);
  if (question !== undefined)
    await memory.update(KEY, [question, ...earlier.filter((one) => one !== question)].slice(0, KEPT));
  return question;
}

/** An input box with a list below it: what is being written comes first, so that Enter asks that. */
function pick(title: string, earlier: readonly string[]): Promise<string | undefined> {
  const box = vscode.window.createQuickPick();
  const offer = (): void => {
    const written = box.value.trim();
    const before = earlier
      .filter((question) => question !== written)
      .map((label) => ({ label, iconPath: new vscode.ThemeIcon("history") }));
    const now = { label: written, iconPath: new vscode.ThemeIcon("comment"), alwaysShow: true };
    box.items = written === "" ? before : [now, ...before];
    box.activeItems = written === "" ? [] : [now];
  };
  box.title = title;
  box.placeholder = vscode.l10n.t("A question, such as: Who wrote it?");
  offer();
  box.onDidChangeValue(offer);
  return new Promise((resolve) => {
    box.onDidAccept(() => {
      const chosen = box.activeItems[0]?.label ?? box.value.trim();
      if (chosen === "") return;
      resolve(chosen);
      box.hide();
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
  });
}
