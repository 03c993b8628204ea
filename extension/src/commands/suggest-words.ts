/**
 * Suggest Words Here: what might stand at the cursor, at the selections or at the `[MASK]`s of the sentence. All places
 * are filled together, those of several cursors too.
 */
import type { Filled } from "@cloze/core";
import * as vscode from "vscode";
import type { Cloze, Command } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";
import type { Suggestions } from "../engine-worker/suggest.ts";
import { settings } from "../settings.ts";
import { capitalize, followCasing } from "../text/casing.ts";
import { Snapshot } from "../text/edit.ts";
import { rangeOf, spanOf } from "../text/ranges.ts";
import { expectWritable } from "../text/writable.ts";
import { isChinese } from "../text/words.ts";
import { during } from "./during.ts";
import { findBlanks, maskedContext, MOST_BLANKS } from "./suggest/blanks.ts";
import type { Blank } from "./suggest/blanks.ts";
import { pickSuggestion } from "./suggest/pick.ts";
import type { Choice, PickOptions } from "./suggest/pick.ts";
import { Preview } from "./suggest/preview.ts";
import { excerpt, rowLabel } from "./suggest/shown.ts";

/** UTF-16 units of context. Several blanks are a search of many runs, so it is shorter there. */
const ROOM = 800;
const ROOM_OF_SEVERAL = 400;

/** The last call: where several wait for the model, the others' answers are not wanted any more. */
let latest = 0;

export const suggestWords: Command = {
  id: "cloze.suggestWords",
  /** Called with `{ text, top? }`, it answers with the words for the text's masks; else with what was chosen. */
  run: (cloze, request) => (isRequest(request) ? predict(cloze, request) : suggestHere(cloze)),
};

interface Request {
  readonly text: string;
  readonly top?: number;
}

function isRequest(value: unknown): value is Request {
  return typeof value === "object" && value !== null && "text" in value;
}

async function predict({ engine }: Cloze, { text, top }: Request): Promise<Filled> {
  const [filled] = await during(vscode.l10n.t("Finding words"), (run) =>
    engine.run("fill", { inputs: [{ text }], top }, run),
  );
  return filled;
}

async function suggestHere({ engine }: Cloze): Promise<Pick<Choice, "words" | "score"> | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (!editor)
    throw new Failure(
      "not-found",
      vscode.l10n.t("No document is open: open one, and put the cursor on a word."),
    );
  const asked = ++latest;
  await expectWritable(editor);
  const snapshot = new Snapshot(editor);
  const { text } = snapshot;
  const blanks = blanksOf(editor, text);
  const masked = maskedContext(text, blanks, blanks.length === 1 ? ROOM : ROOM_OF_SEVERAL);
  const present = blanks.map(({ word = null }) => word);
  const top = settings().get("suggest.count");
  const found = await during(vscode.l10n.t("Finding words"), (run) =>
    engine.run("suggest", { text: masked, present, top }, run),
  );
  if (asked !== latest || !vscode.window.visibleTextEditors.includes(editor)) throw Failure.cancelled();
  if (!snapshot.isCurrent)
    throw new Failure("changed", vscode.l10n.t("The document has changed meanwhile: ask again."));
  if (found.suggestions.length === 0)
    throw new Failure("not-found", vscode.l10n.t("The model knows no word for this place: choose another."));

  const ranges = blanks.map((blank) => rangeOf(editor.document, blank));
  const chosen = await chooseInPlace(editor, ranges, {
    choices: choicesOf(text, blanks, found),
    titleOf: ({ words }) => excerpt(text, blanks, words),
    read: (typed) => readTyped(typed, blanks.length),
    score: (words, run) => engine.run("likelihood", { text: masked, words }, run),
  });
  if (!chosen) return undefined;
  const { words, score } = chosen;
  if (!chosen.present) {
    await snapshot.replace(ranges.map((range, i) => ({ range, text: words[i] })));
  }
  return { words, score };
}

async function chooseInPlace(
  editor: vscode.TextEditor,
  ranges: readonly vscode.Range[],
  options: Omit<PickOptions, "preview">,
): Promise<Choice | undefined> {
  const preview = new Preview(editor, ranges);
  try {
    const chosen = await pickSuggestion({ ...options, preview: (choice) => preview.show(choice?.words) });
    if (!chosen) preview.scrollBack();
    return chosen;
  } finally {
    preview.dispose();
  }
}

/** The suggestions as they would be written, and what is there now. */
function choicesOf(text: string, blanks: readonly Blank[], found: Suggestions): Choice[] {
  const present = blanks.map(({ word }) => word);
  const choiceOf = (words: readonly string[], score: number | null): Choice => ({
    words,
    label: rowLabel(text, blanks, words),
    score,
    present: words.every((word, i) => word === present[i]),
  });
  const choices = found.suggestions.map(({ words, score }) =>
    choiceOf(
      words.map((word, i) => cased(word, blanks[i])),
      score,
    ),
  );
  if (present.every((word) => word !== undefined)) choices.push(choiceOf(present, found.present));
  const keys = choices.map(({ words }) => words.join("\0")); // words that casing made the same are shown once
  return choices.filter((_, i) => keys.indexOf(keys[i]) === i);
}

function blanksOf({ document, selections }: vscode.TextEditor, text: string): Blank[] {
  const blanks = findBlanks(
    text,
    selections.map((selection) => spanOf(document, selection)),
  );
  if (blanks.length === 0)
    throw new Failure(
      "not-found",
      vscode.l10n.t(
        "There is no word here: put the cursor on one, select some, or write [MASK] where one is missing.",
      ),
    );
  if (blanks.length > MOST_BLANKS)
    throw new Failure(
      "invalid-input",
      vscode.l10n.t("At most {0} words are suggested at once: select fewer.", MOST_BLANKS),
    );
  return blanks;
}

function cased(word: string, { word: original, startsSentence }: Blank): string {
  if (original !== undefined) return followCasing(word, original, startsSentence);
  return startsSentence ? capitalize(word) : word;
}

/** Typed words, one a blank; at a single blank anything is one. */
function readTyped(typed: string, count: number): readonly string[] | undefined {
  if (count === 1) return [typed];
  const words = isChinese(typed) ? Array.from(typed) : typed.split(/\s+/);
  return words.length === count ? words : undefined;
}
