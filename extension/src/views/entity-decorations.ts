/**
 * Entities in the text: behind each a colour of its label. VS Code moves them along with edits.
 */
import type { Entity } from "@cloze/core";
import * as vscode from "vscode";
import { lookOf } from "../entities/labels.ts";
import { rangeOf } from "../text/ranges.ts";

export class EntityDecorations implements vscode.Disposable {
  readonly #types = new Map<string, vscode.TextEditorDecorationType>();

  /** Shows these entities in an editor, and no others. */
  draw(editor: vscode.TextEditor, entities: readonly Entity[]): void {
    const { document } = editor;
    const ranges = new Map<string, vscode.Range[]>();
    for (const entity of entities) {
      const range = rangeOf(document, entity);
      const known = ranges.get(entity.label);
      if (known) known.push(range);
      else ranges.set(entity.label, [range]);
    }
    for (const label of new Set([...this.#types.keys(), ...ranges.keys()]))
      editor.setDecorations(this.#type(label), ranges.get(label) ?? []);
  }

  #type(label: string): vscode.TextEditorDecorationType {
    const known = this.#types.get(label);
    if (known) return known;
    const { color } = lookOf(label);
    const type = vscode.window.createTextEditorDecorationType({
      backgroundColor: color,
      borderRadius: "3px",
      overviewRulerColor: color,
      overviewRulerLane: vscode.OverviewRulerLane.Center,
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    });
    this.#types.set(label, type);
    return type;
  }

  dispose(): void {
    for (const type of this.#types.values()) type.dispose();
    this.#types.clear();
  }
}
