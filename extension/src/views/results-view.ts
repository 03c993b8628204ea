/**
 * The view of results: what commands found, with a way to the text where it was found. Commands say what; how it looks is
 * this file's matter.
 */
import * as vscode from "vscode";
import { percent } from "./percent.ts";
import { ResultDecorations } from "./result-decorations.ts";

/** A line of the view. */
export interface Result {
  readonly label: string;
  /** A share of 1, as probabilities are: told in percent, and as a bar in lines under others. */
  readonly score?: number;
  /** Beside the label, paler: a place, a text. */
  readonly description?: string;
  readonly tooltip?: string | vscode.MarkdownString;
  /** A codicon's name. */
  readonly icon?: string;
  /** Where a click leads; a function, where the text is moved by edits. */
  readonly place?: vscode.Location | (() => vscode.Location | undefined);
  /** What a click does, where it leads to no place. */
  readonly command?: vscode.Command;
  readonly children?: readonly Result[];
}

/** Lines that are shown; the clipboard has all. */
const MOST = 1000;
/** Lines whose children are open at once. */
const FEW = 3;
/** Letters that a bar is long. */
const BAR = 10;
/** Goes to a result's place; of no use to people, so package.json does not have it. */
const OPEN = "cloze.results.open";

export class ResultsView implements vscode.TreeDataProvider<Result>, vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changes.event;
  readonly #clears = new vscode.EventEmitter<void>();
  /** Somebody is done with the results: what marks them in documents should go too. */
  readonly onDidClear = this.#clears.event;
  /** What is written behind texts. */
  readonly decorations = new ResultDecorations();
  readonly #view = vscode.window.createTreeView("cloze.results", { treeDataProvider: this });
  readonly #open = vscode.commands.registerCommand(OPEN, open);
  readonly #inner = new WeakSet<Result>();
  #results: readonly Result[] = [];
  #plain = "";
  #needed: vscode.Disposable | undefined;

  /**
   * Shows results in the place of those before.
   *
   * @param title What they are of.
   * @param plain The same as text, for the clipboard.
   * @param needed What their places need, ended when they are shown no more.
   */
  show(title: string, results: readonly Result[], plain: string, needed?: vscode.Disposable): void {
    this.#set(results, plain, needed);
    // Not as the view's description: that is hidden where the view is alone in its panel.
    this.#view.message = results.length === 0 ? vscode.l10n.t("{0}: nothing was found.", title) : title;
    void vscode.commands.executeCommand("cloze.results.focus", { preserveFocus: true });
  }

  /** What is shown, as text. */
  get plain(): string {
    return this.#plain;
  }

  /** Empties the view, and lets those who marked results in documents know. */
  clear(): void {
    this.#set([], "");
    this.#view.message = "";
    this.decorations.clear();
    this.#clears.fire();
  }

  #set(results: readonly Result[], plain: string, needed?: vscode.Disposable): void {
    this.#needed?.dispose();
    this.#needed = needed;
    const left = results.length - MOST;
    const rest: Result = {
      label: vscode.l10n.t("{0} more", left),
      description: vscode.l10n.t("Copy Results has all of them"),
      icon: "ellipsis",
    };
    this.#results = left > 0 ? [...results.slice(0, MOST), rest] : results;
    this.#plain = plain;
    void vscode.commands.executeCommand("setContext", "cloze.results", results.length > 0);
    this.#changes.fire();
  }

  getTreeItem(result: Result): vscode.TreeItem {
    const { label, score, description, tooltip, icon, place, command, children } = result;
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const state = this.#results.length > FEW ? Collapsed : Expanded;
    const item = new vscode.TreeItem(label, children && children.length > 0 ? state : None);
    const share = score === undefined ? [] : [percent(score)];
    const text = description === undefined ? [] : [description];
    const bar = score !== undefined && this.#inner.has(result) ? ["━".repeat(Math.round(score * BAR))] : [];
    item.description = [...share, ...text, ...bar].join("  ");
    item.accessibilityInformation = { label: [label, ...share, ...text].join(", ") };
    if (tooltip !== undefined) item.tooltip = tooltip;
    if (icon !== undefined) item.iconPath = new vscode.ThemeIcon(icon);
    if (command) item.command = command;
    else if (place) item.command = { command: OPEN, title: vscode.l10n.t("Show"), arguments: [place] };
    return item;
  }

  getChildren(result?: Result): Result[] {
    for (const child of result?.children ?? []) this.#inner.add(child);
    return [...(result ? (result.children ?? []) : this.#results)];
  }

  dispose(): void {
    this.#needed?.dispose();
    for (const one of [this.#view, this.#open, this.#changes, this.#clears, this.decorations]) one.dispose();
  }
}

async function open(place: NonNullable<Result["place"]>): Promise<void> {
  const location = typeof place === "function" ? place() : place;
  if (location)
    await vscode.commands.executeCommand("vscode.open", location.uri, { selection: location.range });
  else vscode.window.setStatusBarMessage(vscode.l10n.t("Cloze: that text was edited or closed since."), 5000);
}
