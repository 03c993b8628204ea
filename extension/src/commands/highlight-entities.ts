/**
 * Highlight Entities: shows the names in the active editor, or takes them away again. Called with a text it answers, and
 * shows nothing.
 */
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";
import { during } from "./during.ts";
import { listPlugins, pickPlugin } from "./pick-plugin.ts";
import { faces } from "./plugin-faces.ts";

interface Given {
  readonly text?: string;
  readonly texts?: readonly string[];
  readonly plugin?: string;
}

export const highlightEntities: Command = {
  id: "cloze.highlightEntities",
  async run(cloze, given) {
    const { engine, entities } = cloze;
    const { text, texts, plugin } = (given ?? {}) as Given;
    const asked = texts ?? (text === undefined ? undefined : [text]);
    if (asked) {
      const inputs = asked.map((one) => ({ text: one }));
      const found = await during(vscode.l10n.t("Finding names"), (run) =>
        engine.run("tag", { inputs, plugin }, run),
      );
      return texts ? found : found[0];
    }
    const editor = vscode.window.activeTextEditor;
    if (!editor)
      throw new Failure("no-editor", vscode.l10n.t("No text is open: open a document, then try again."));
    const { document } = editor;
    if (entities.has(document)) {
      entities.hide(document);
      return { shown: false, entities: [] };
    }
    const taggers = (await listPlugins(cloze)).filter(({ face }) => face === faces.tag);
    const { name } = await pickPlugin(cloze, taggers, "tag", plugin);
    await during(vscode.l10n.t("Finding names"), (run) => entities.show(document, name, run));
    return { shown: true, entities: entities.entities(document) };
  },
};
