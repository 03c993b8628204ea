/**
 * Changing a document: only as it was when the question was asked, in one step that one undo takes back.
 */
import * as vscode from "vscode";
import { Failure } from "../engine/failure.ts";
import { readOnly } from "./writable.ts";

/** A document at a moment: what a command reads, and may change later if nobody else has. */
export class Snapshot {
  readonly editor: vscode.TextEditor;
  readonly text: string;
  readonly #version: number;

  constructor(editor: vscode.TextEditor) {
    this.editor = editor;
    this.text = editor.document.getText();
    this.#version = editor.document.version;
  }

  /** Whether the document is still what was read. */
  get isCurrent(): boolean {
    return !this.editor.document.isClosed && this.editor.document.version === this.#version;
  }

  /**
   * Replaces parts of the text, all in one step.
   *
   * @throws Failure when the document has changed, or cannot be changed.
   */
  async replace(parts: readonly { readonly range: vscode.Range; readonly text: string }[]): Promise<void> {
    if (!this.isCurrent)
      throw new Failure(
        "changed",
        vscode.l10n.t("The document has changed meanwhile, so nothing was replaced: try again."),
      );
    const done = await this.editor.edit((edit) => {
      for (const { range, text } of parts) edit.replace(range, text);
    });
    if (!done || this.isCurrent) throw readOnly(); // VS Code calls an edit done that had no effect
  }
}
