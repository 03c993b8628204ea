/**
 * The file to train from: the one that is open, or chosen; read as it stands in the editor, also where it is not saved.
 */
import * as vscode from "vscode";
import { Failure } from "../../engine/failure.ts";
import { readWhole } from "../read-file.ts";

const NAMES = /\.(?:tsv|csv|jsonl|ndjson)$/i;
/** More than a person labels; a file is held in memory several times. */
const LARGEST = 2 ** 26;

/**
 * The file of the active editor, if its name is one of labelled texts', else one from a dialog.
 *
 * @throws Failure `aborted` where none is chosen.
 */
export async function chooseFile(): Promise<vscode.Uri> {
  const active = vscode.window.activeTextEditor?.document.uri;
  if (active && NAMES.test(active.path)) return active;
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("A file of labelled texts: a text and its label on each line"),
    openLabel: vscode.l10n.t("Train"),
    filters: { [vscode.l10n.t("Labelled texts")]: ["tsv", "csv", "jsonl", "ndjson"] },
  });
  if (!chosen?.[0]) throw Failure.cancelled();
  return chosen[0];
}

/**
 * @throws Failure `not-found`, `invalid-input` for what is too large or not UTF-8.
 */
export async function readTextFile(
  uri: vscode.Uri,
): Promise<{ readonly file: string; readonly source: string }> {
  const file = uri.path.slice(uri.path.lastIndexOf("/") + 1);
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return { file, source: open.getText() };
  const bytes = await readWhole(uri, LARGEST);
  try {
    return { file, source: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw new Failure("invalid-input", vscode.l10n.t("{0} is not UTF-8: save it as that.", file), cause);
  }
}
