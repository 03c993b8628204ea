/**
 * Tokens of Selection: what the model reads of a text, shown beside it. Two selections are a pair.
 */
import type { TextInput } from "@cloze/core";
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";
import type { Tokenized } from "../engine-worker/tokens.ts";
import { Failure } from "../engine/failure.ts";
import { spanOf } from "../text/ranges.ts";
import { takeSpans } from "../text/selections.ts";
import { during } from "./during.ts";

export const showTokens: Command = {
  id: "cloze.showTokens",
  async run({ engine, tokens }, given: Partial<TextInput> = {}): Promise<Tokenized> {
    const title = vscode.l10n.t("Reading tokens");
    const { text, pair } = given;
    if (text !== undefined)
      return during(title, (run) =>
        engine.run("tokens", pair === undefined ? { text } : { text, pair }, run),
      );
    const editor = vscode.window.activeTextEditor;
    if (!editor) throw new Failure("invalid-input", vscode.l10n.t("Open a document to see its tokens."));
    const input = selected(editor);
    const tokenized = await during(title, (run) => engine.run("tokens", input, run));
    tokens.show(input, tokenized);
    return tokenized;
  },
};

function selected({ document, selections }: vscode.TextEditor): TextInput {
  const text = document.getText();
  const places = selections.map((selection) => spanOf(document, selection));
  const texts = takeSpans(text, places, "never").spans.map(({ start, end }) => text.slice(start, end));
  const [first, second, ...others] = texts;
  if (first === undefined || others.length > 0)
    throw new Failure("invalid-input", vscode.l10n.t("Select a text, or two for a pair."));
  return second === undefined ? { text: first } : { text: first, pair: second };
}
