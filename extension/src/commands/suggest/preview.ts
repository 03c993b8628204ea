/**
 * Suggestions seen in their place before they are there: by decorations, so that the document and its undo stack stay as
 * they are.
 */
import * as vscode from "vscode";

/** Rows of the quick pick, about: it lies over the top of the editor. */
const COVERED_LINES = 20;

export class Preview implements vscode.Disposable {
  readonly #editor: vscode.TextEditor;
  readonly #ranges: readonly vscode.Range[];
  readonly #top: vscode.Position | undefined;
  // What stands there is hidden; the decoration's own text is not part of it.
  readonly #type = vscode.window.createTextEditorDecorationType({ textDecoration: "none; display: none" });

  /** @param ranges The places, which the editor moves clear of the quick pick if it can. */
  constructor(editor: vscode.TextEditor, ranges: readonly vscode.Range[]) {
    this.#editor = editor;
    this.#ranges = ranges;
    const visible = editor.visibleRanges.at(0);
    const [first] = ranges;
    if (!visible || (visible.contains(first) && first.start.line - visible.start.line > COVERED_LINES))
      return;
    this.#top = visible.start;
    editor.revealRange(first, vscode.TextEditorRevealType.InCenter);
  }

  /** Shows a word at each place; without words, what is there. */
  show(words: readonly string[] = []): void {
    const backgroundColor = new vscode.ThemeColor("cloze.previewBackground");
    this.#editor.setDecorations(
      this.#type,
      words.map((contentText, i) => ({
        range: this.#ranges[i],
        renderOptions: { before: { contentText, backgroundColor } },
      })),
    );
  }

  /** Scrolls back to where the reader was. */
  scrollBack(): void {
    if (this.#top)
      this.#editor.revealRange(new vscode.Range(this.#top, this.#top), vscode.TextEditorRevealType.AtTop);
  }

  dispose(): void {
    this.#type.dispose();
  }
}
