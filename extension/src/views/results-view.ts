/**
 * The view of results: what commands found, with a way to the text where it was found. Commands say what; how it looks is
 * this file's matter.
 */
import * as vscode from "vscode";

/** A line of the view. */
export interface Result {
  readonly label: string;
  /** Beside the label, paler: a score, a place. */
  readonly description?: string;
  readonly tooltip?: string | vscode.MarkdownString;
  /** A codicon's name. */
  readonly icon?: string;
  /** Where a click leads. */
  readonly place?: vscode.Location;
  readonly children?: readonly Result[];
}

export class ResultsView implements vscode.TreeDataProvider<Result>, vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changes.event;
  readonly #view = vscode.window.createTreeView("cloze.results", { treeDataProvider: this });
  #results: readonly Result[] = [];
  #plain = "";

  /**
   * Shows results in the place of those before.
   *
   * @param title What they are of.
   * @param plain The same as text, for the clipboard.
   */
  show(title: string, results: readonly Result[], plain: string): void {
    this.#results = results;
    this.#plain = plain;
    this.#view.description = title;
    this.#view.message = results.length === 0 ? vscode.l10n.t("Nothing was found.") : "";
    this.#changes.fire();
    void vscode.commands.executeCommand("cloze.results.focus", { preserveFocus: true });
  }

  /** What is shown, as text. */
  get plain(): string {
    return this.#plain;
  }

  clear(): void {
    this.#results = [];
    this.#plain = "";
    this.#view.description = this.#view.message = "";
    this.#changes.fire();
  }

  getTreeItem({ label, description, tooltip, icon, place, children }: Result): vscode.TreeItem {
    const { None, Expanded } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(label, children ? Expanded : None);
    if (description !== undefined) item.description = description;
    if (tooltip !== undefined) item.tooltip = tooltip;
    if (icon !== undefined) item.iconPath = new vscode.ThemeIcon(icon);
    item.accessibilityInformation = { label: description === undefined ? label : `${label}, ${description}` };
    if (place)
      item.command = {
        command: "vscode.open",
        title: vscode.l10n.t("Show"),
        arguments: [place.uri, { selection: place.range }],
      };
    return item;
  }

  getChildren(result?: Result): Result[] {
    return [...(result ? (result.children ?? []) : this.#results)];
  }

  dispose(): void {
    this.#view.dispose();
    this.#changes.dispose();
  }
}
