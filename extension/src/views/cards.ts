/**
 * Documents that only say something: a plugin's card, a report on training, the engine's facts. They are Markdown, and
 * kept in memory alone.
 */
import * as vscode from "vscode";
import type { Cloze } from "../cloze.ts";

const SCHEME = "cloze-card";

/** By path. */
let cards: Map<string, string> | undefined;
const changes = new vscode.EventEmitter<vscode.Uri>();

/**
 * Makes a document of a text, or gives the one of that title this text.
 *
 * @param title The document's name, without an ending.
 * @param text Markdown.
 */
export function makeCard({ context }: Pick<Cloze, "context">, title: string, text: string): vscode.Uri {
  if (!cards) {
    const all = (cards = new Map<string, string>());
    context.subscriptions.push(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
        onDidChange: changes.event,
        provideTextDocumentContent: ({ path }) => all.get(path) ?? "",
      }),
    );
  }
  const place = vscode.Uri.from({ scheme: SCHEME, path: `/${title.replaceAll(/[/\\]/g, "-")}.md` });
  cards.set(place.path, text);
  changes.fire(place);
  return place;
}

/** Shows a text as a document, as VS Code previews Markdown. */
export async function showCard(cloze: Pick<Cloze, "context">, title: string, text: string): Promise<void> {
  await preview(makeCard(cloze, title, text));
}

/** Shows a Markdown file as VS Code previews it; as text, where it cannot. */
export async function preview(place: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand("markdown.showPreview", place);
  } catch {
    await vscode.window.showTextDocument(place, { preview: true });
  }
}

/** A text as it is, in a line of Markdown or a cell of its tables. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+\-.!|<>~&$]/g, "\\$&").replaceAll(/\s+/g, " ");
}
