/**
 * The view of entities: labels, under each the texts that have it, the most frequent first, under these the places. A
 * click leads to the place.
 */
import type { Entity } from "@cloze/core";
import * as vscode from "vscode";
import { lookOf } from "../entities/labels.ts";
import { rangeOf } from "../text/ranges.ts";
import { percent } from "./percent.ts";

/** A row: what is below one label, one text, or one place of it. */
interface Row {
  readonly kind: "label" | "text" | "place";
  readonly label: string;
  readonly entities: readonly Entity[];
}

export class EntitiesView implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changes.event;
  readonly #view = vscode.window.createTreeView("cloze.entities", {
    treeDataProvider: this,
    showCollapseAll: true,
  });
  #document: vscode.TextDocument | undefined;
  #entities: readonly Entity[] = [];

  /**
   * Shows the entities of a document in the place of those before.
   *
   * @param message What is to be said above them; empty for nothing.
   */
  show(document: vscode.TextDocument, entities: readonly Entity[], message: string): void {
    this.#document = document;
    this.#entities = entities;
    this.#view.description = document.uri.path.split("/").at(-1) ?? "";
    this.#view.message = message;
    this.#changes.fire();
  }

  getChildren(row?: Row): Row[] {
    if (!row) return rows("label", this.#entities, ({ label }) => label);
    if (row.kind === "label") return rows("text", row.entities, ({ text }) => text.replace(/\s+/g, " "));
    if (row.kind === "place" || row.entities.length === 1) return [];
    return row.entities.map((entity) => ({ kind: "place", label: row.label, entities: [entity] }));
  }

  getTreeItem({ kind, label, entities }: Row): vscode.TreeItem {
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const count = entities.length;
    if (kind === "label") {
      const { name, icon } = lookOf(label);
      const item = new vscode.TreeItem(name, Expanded);
      item.id = label;
      item.description = String(count);
      item.iconPath = icon;
      item.accessibilityInformation = { label: vscode.l10n.t("{0}: {1} places", name, count) };
      return item;
    }
    const [entity] = entities;
    const { range, line } = this.#place(entity);
    const at = vscode.l10n.t("line {0}", range.start.line + 1);
    const said = kind === "place" ? line : label;
    const item = new vscode.TreeItem(said, kind === "text" && count > 1 ? Collapsed : None);
    item.description = kind === "text" && count > 1 ? String(count) : at;
    item.tooltip = vscode.l10n.t("{0}, {1}: {2}", lookOf(entity.label).name, percent(entity.score), line);
    item.accessibilityInformation = { label: vscode.l10n.t("{0}, {1}", said, item.description) };
    item.command = {
      command: "vscode.open",
      title: vscode.l10n.t("Show"),
      arguments: [this.#document!.uri, { selection: range } satisfies vscode.TextDocumentShowOptions],
    };
    return item;
  }

  #place(entity: Entity): { range: vscode.Range; line: string } {
    const document = this.#document!;
    const range = rangeOf(document, entity);
    const { text } = document.lineAt(range.start.line);
    const from = Math.max(0, range.start.character - 40);
    const line = text.slice(from, range.start.character + 80).trim();
    return { range, line: from > 0 ? `…${line}` : line };
  }

  dispose(): void {
    this.#view.dispose();
    this.#changes.dispose();
  }
}

/** Entities by what they have in common, the most frequent first. */
function rows(kind: Row["kind"], entities: readonly Entity[], common: (entity: Entity) => string): Row[] {
  const groups = new Map<string, Entity[]>(); // Map.groupBy is too young for the oldest hosts
  for (const entity of entities) {
    const known = groups.get(common(entity));
    if (known) known.push(entity);
    else groups.set(common(entity), [entity]);
  }
  return Array.from(groups, ([label, members]) => ({ kind, label, entities: members })).sort(
    (a, b) => b.entities.length - a.entities.length || (a.label < b.label ? -1 : 1),
  );
}
