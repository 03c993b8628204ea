/**
 * Highlight Entities: shows the names in the active editor, or takes them away again. Called with texts it answers, and
 * shows nothing.
 */
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";
import { during } from "./during.ts";
import { listPlugins, pickPlugin } from "./pick-plugin.ts";
import { faces } from "./plugin-faces.ts";
import { answerGiven, givenOf } from "./run-on-texts.ts";

export const highlightEntities: Command = {
  id: "cloze.highlightEntities",
  async run(cloze, argument) {
    const { engine, entities } = cloze;
    const { plugin } = (argument ?? {}) as { readonly plugin?: string };
    const given = givenOf(argument);
    if (given)
      return answerGiven(given, (inputs, run) =>
        engine.run("tag", { inputs: inputs as { text: string }[], plugin }, run),
      );
    const editor = vscode.window.activeTextEditor;
    if (!editor)
      throw new Failure("invalid-input", vscode.l10n.t("No text is open: open a document, then try again."));
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
