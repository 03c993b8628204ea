/**
 * Whether a document can be changed, as far as an extension can know beforehand: VS Code does not say it, so the file
 * system and the settings are asked. What was made read-only for this session alone shows only when an edit has no
 * effect.
 */
import * as vscode from "vscode";
import { Failure } from "../engine/failure.ts";

/** @throws Failure when the document is read-only. */
export async function expectWritable({ document }: vscode.TextEditor): Promise<void> {
  const { uri } = document;
  const readonly =
    uri.scheme === "output" ||
    vscode.workspace.fs.isWritableFileSystem(uri.scheme) === false ||
    (matches(document, "files.readonlyInclude") && !matches(document, "files.readonlyExclude")) ||
    (await isLocked(uri));
  if (readonly) throw readOnly();
}

export function readOnly(): Failure {
  return new Failure(
    "read-only",
    vscode.l10n.t("The document is read-only: make it writable, or copy the text to one that is."),
  );
}

function matches(document: vscode.TextDocument, setting: string): boolean {
  const globs = vscode.workspace
    .getConfiguration(undefined, document)
    .get<Record<string, boolean>>(setting, {});
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  return Object.entries(globs).some(([glob, on]) => {
    const patterns = folder ? [glob, new vscode.RelativePattern(folder, glob)] : [glob];
    return on && patterns.some((pattern) => vscode.languages.match({ pattern }, document) > 0);
  });
}

async function isLocked(uri: vscode.Uri): Promise<boolean> {
  try {
    const { permissions = 0 } = await vscode.workspace.fs.stat(uri);
    return (permissions & vscode.FilePermission.Readonly) !== 0;
  } catch {
    return false; // no file: a document that was never saved
  }
}
