/**
 * Documents whose entities are shown: in the text, in a view, and in hovers. Nothing listens before the first is.
 */
import type { Entity, RunOptions } from "@cloze/core";
import * as vscode from "vscode";
import type { Engine } from "../engine/engine.ts";
import { Failure } from "../engine/failure.ts";
import { settings } from "../settings.ts";
import { rangeOf } from "../text/ranges.ts";
import { editorsOf } from "../views/editors.ts";
import { EntitiesView } from "../views/entities-view.ts";
import { EntityDecorations } from "../views/entity-decorations.ts";
import { percent } from "../views/percent.ts";
import { lookOf } from "./labels.ts";
import { TaggedDocument } from "./tagged-document.ts";

/** How long drawing may wait, in milliseconds, so that many answers are drawn at once. */
const SOON = 50;
const LATER = 500;
/** From this many entities on, drawing waits longer. */
const MANY = 1000;

export class Highlights implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #log: vscode.LogOutputChannel;
  readonly #documents = new Map<vscode.TextDocument, TaggedDocument>();
  /** What is there while documents are. */
  #shown: { readonly marks: EntityDecorations; end(): void } | undefined;
  /** Made when it is first needed, and kept: VS Code loses rows of a view that goes and comes back at once. */
  #view: EntitiesView | undefined;
  #drawing: ReturnType<typeof setTimeout> | undefined;
  /** The document of the view. */
  #current: vscode.TextDocument | undefined;

  constructor(engine: Engine, log: vscode.LogOutputChannel) {
    this.#engine = engine;
    this.#log = log;
  }

  has(document: vscode.TextDocument): boolean {
    return this.#documents.has(document);
  }

  /** What is shown of a document. */
  entities(document: vscode.TextDocument): readonly Entity[] {
    const least = settings().get("entities.minimumScore");
    return (this.#documents.get(document)?.entities ?? []).filter(({ score }) => score >= least);
  }

  /**
   * Reads a document and shows its entities from now on. A cancelled read leaves what was found.
   *
   * @param plugin The plugin that finds them, by its name.
   * @throws Failure of the engine; then nothing is shown.
   */
  async show(document: vscode.TextDocument, plugin: string, run: RunOptions): Promise<void> {
    if (document.isClosed)
      throw new Failure("changed", vscode.l10n.t("The document was closed meanwhile: open it, try again."));
    this.#documents.get(document)?.end(); // asked twice while the engine started
    const tagged = new TaggedDocument({
      document,
      tag: (texts, options) =>
        this.#engine.run("tag", { inputs: texts.map((text) => ({ text })), plugin }, options),
      inSight: () => inSight(document),
      changed: () => this.#drawSoon(),
      failed: (error) => this.#failed(error),
    });
    this.#documents.set(document, tagged);
    this.#shown ??= this.#begin();
    this.#current = document;
    this.#drawSoon();
    void vscode.commands.executeCommand("cloze.entities.focus", { preserveFocus: true });
    try {
      await tagged.read(run);
    } catch (error) {
      if (Failure.of(error).code !== "aborted" && this.#documents.get(document) === tagged)
        this.hide(document);
      throw error;
    }
  }

  /** Shows a document's entities no more. */
  hide(document: vscode.TextDocument): void {
    this.#documents.get(document)?.end();
    if (!this.#documents.delete(document)) return;
    for (const editor of editorsOf(document)) this.#shown?.marks.draw(editor, []);
    if (this.#documents.size === 0) this.#end();
    else this.#drawSoon();
  }

  #begin() {
    const { workspace, window, languages } = vscode;
    this.#view ??= new EntitiesView();
    const marks = new EntityDecorations();
    const parts = [
      marks,
      workspace.onDidChangeTextDocument(({ document, contentChanges }) =>
        this.#documents.get(document)?.edit(contentChanges),
      ),
      workspace.onDidCloseTextDocument((document) => {
        if (document.isClosed) this.hide(document); // or it is of another language now
      }),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("cloze.entities")) this.#drawSoon();
      }),
      window.onDidChangeVisibleTextEditors(() => this.#drawSoon()),
      window.onDidChangeActiveTextEditor(() => this.#drawSoon()),
      languages.registerHoverProvider("*", {
        provideHover: (document, position) => this.#hover(document, document.offsetAt(position)),
      }),
    ];
    void vscode.commands.executeCommand("setContext", "cloze.entities", true);
    return { marks, end: () => vscode.Disposable.from(...parts).dispose() };
  }

  #end(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    this.#current = undefined;
    this.#shown?.end();
    this.#shown = undefined;
    void vscode.commands.executeCommand("setContext", "cloze.entities", false);
  }

  #hover(document: vscode.TextDocument, offset: number): vscode.Hover | undefined {
    const found = this.entities(document).find(({ start, end }) => start <= offset && offset <= end);
    if (!found) return undefined;
    const { name } = lookOf(found.label);
    const text = new vscode.MarkdownString();
    text.appendText(vscode.l10n.t("Cloze: {0} ({1}), {2}", name, found.label, percent(found.score)));
    return new vscode.Hover(text, rangeOf(document, found));
  }

  #drawSoon(): void {
    if (!this.#shown) return;
    const count = Math.max(...Array.from(this.#documents.values(), ({ entities }) => entities.length));
    this.#drawing ??= setTimeout(() => this.#draw(), count > MANY ? LATER : SOON);
  }

  #draw(): void {
    this.#drawing = undefined;
    for (const document of this.#documents.keys())
      for (const editor of editorsOf(document)) this.#shown?.marks.draw(editor, this.entities(document));
    const active = vscode.window.activeTextEditor?.document;
    if (active && this.has(active)) this.#current = active;
    if (!this.#current || !this.has(this.#current)) this.#current = [...this.#documents.keys()].at(-1);
    if (!this.#current) return;
    const entities = this.entities(this.#current);
    this.#view?.show(
      this.#current,
      entities,
      this.#message(this.#documents.get(this.#current)!, entities.length),
    );
  }

  #message(tagged: TaggedDocument, count: number): string {
    if (tagged.isPartial) return vscode.l10n.t("Reading was cancelled: only a part was read.");
    if (!tagged.isRead) return count === 0 ? vscode.l10n.t("Reading…") : "";
    return count === 0 ? vscode.l10n.t("No names were found.") : "";
  }

  #failed(error: unknown): void {
    const failure = Failure.of(error);
    if (failure.code !== "aborted") this.#log.error("entities", failure);
  }

  dispose(): void {
    for (const tagged of this.#documents.values()) tagged.end();
    this.#documents.clear();
    this.#end();
    this.#view?.dispose();
  }
}

/** Where the part of a document that is in sight begins. */
function inSight(document: vscode.TextDocument): number {
  const { activeTextEditor } = vscode.window;
  const editor = activeTextEditor?.document === document ? activeTextEditor : editorsOf(document).at(0);
  const start = editor?.visibleRanges.at(0)?.start;
  return start ? document.offsetAt(start) : 0;
}
