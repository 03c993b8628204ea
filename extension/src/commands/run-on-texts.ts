/**
 * A plugin on texts: those of the editor, whose answers are shown, or those that another extension gives.
 */
import type { RunOptions } from "@cloze/core";
import * as vscode from "vscode";
import type { Cloze } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";
import { settings } from "../settings.ts";
import { Follower } from "../text/follower.ts";
import { spanOf } from "../text/ranges.ts";
import { takeSpans } from "../text/selections.ts";
import type { Taken } from "../text/selections.ts";
import { shorten } from "../text/sentences.ts";
import { percent } from "../views/percent.ts";
import type { Note, Place } from "../views/result-decorations.ts";
import type { Result } from "../views/results-view.ts";
import { during } from "./during.ts";
import type { Runnable } from "./pick-plugin.ts";
import type { Reading } from "./plugin-faces.ts";

/** What another extension, or a keybinding, gives a command to read in place of the editor's text. */
export interface Given {
  /** As the plugin's task takes them. */
  readonly inputs: readonly object[];
  /** One was given, so one is answered. */
  readonly single: boolean;
}

/** Texts that are asked at once: what was answered before a cancel is kept. */
const AT_ONCE = 128;
/** Letters of a text in a line of the view, and in its tooltip. */
const LINE = 120;
const PARAGRAPH = 1000;

/**
 * The texts among a command's arguments. Menus give arguments of their own, which are none.
 *
 * @throws Failure `invalid-input` for what are no texts.
 */
export function givenOf(argument: unknown): Given | undefined {
  if (typeof argument !== "object" || argument === null) return undefined;
  const { text, texts, inputs } = argument as Readonly<Record<string, unknown>>;
  if (text === undefined && texts === undefined && inputs === undefined) return undefined;
  if (isText(text)) return { inputs: [{ text }], single: true };
  if (Array.isArray(texts) && texts.every(isText))
    return { inputs: texts.map((one: unknown) => ({ text: one })), single: false };
  if (Array.isArray(inputs) && inputs.every(isObject)) return { inputs, single: false };
  throw new Failure(
    "invalid-input",
    vscode.l10n.t(
      "The command takes { text }, { texts } or { inputs }: a text, a list of texts or of objects.",
    ),
  );
}

const isText = (value: unknown) => typeof value === "string";
const isObject = (value: unknown) => typeof value === "object" && value !== null;

/** Answers what was given, and shows nothing. */
export async function answerGiven(
  { inputs, single }: Given,
  run: (inputs: readonly object[], run: RunOptions) => Promise<object[]>,
): Promise<unknown> {
  const answers = await during(vscode.l10n.t("Reading"), (options) => run(inputs, options));
  return single ? answers[0] : answers;
}

/**
 * Runs a plugin on what the editor says: each selection, each line of a long one, or the sentence at the cursor.
 *
 * @param choose Says which plugin. It may take a while; what was selected before is read, wherever edits move it.
 * @returns The answers, each with its text and where that was.
 * @throws Failure `no-editor`, `empty`, `aborted` where a question was given up, and what the plugin throws.
 */
export async function runOnEditor(cloze: Cloze, choose: () => Promise<Runnable>): Promise<unknown> {
  const editor = vscode.window.activeTextEditor;
  if (!editor)
    throw new Failure("no-editor", vscode.l10n.t("No editor is open: open the text that is to be read."));
  const { document } = editor;
  const before = editor.selections.map((selection) => spanOf(document, selection));
  const follower = new Follower(document);
  const plugin = await choose().finally(() => follower.dispose());
  const selected = before.map((span) => follower.now(span)).filter((span) => span !== undefined);
  const text = document.getText();
  const taken = takeSpans(text, selected, plugin.face.byLine ? settings().get("classify.lines") : "never");
  const { spans } = taken;
  if (spans.length === 0)
    throw new Failure(
      "empty",
      vscode.l10n.t("There is no text at the cursor: select some, or put the cursor in a sentence."),
    );
  const { decorations } = cloze.results;
  const places = decorations.follow(document, spans);
  try {
    const texts = spans.map(({ start, end }) => text.slice(start, end));
    const inputs = await plugin.face.inputs(texts, plugin.title);
    if (!inputs) throw Failure.cancelled();
    const readings: Reading[] = [];
    const answers = await answerInParts(plugin, inputs, (part) => {
      const from = readings.length;
      readings.push(...part.map((answer) => plugin.face.read(answer as never)));
      const notes = readings.slice(from).map((reading, i) => noteOf(plugin, reading, texts[from + i]));
      decorations.note(places.slice(from, readings.length), notes);
    });
    show(cloze, plugin, taken, { texts, places, readings });
    return answers.map((answer, i) => ({ text: texts[i], at: [spans[i].start, spans[i].end], ...answer }));
  } catch (error) {
    for (const place of places) place.note = undefined;
    throw error;
  } finally {
    decorations.forget(places);
  }
}

/** Asks part by part. What was answered before a cancel is kept, and that is said; after an error it is not. */
async function answerInParts(
  plugin: Runnable,
  inputs: readonly object[],
  each: (answers: readonly object[]) => void,
): Promise<object[]> {
  const answers: object[] = [];
  const total = inputs.length;
  const title = total === 1 ? plugin.title : vscode.l10n.t("{0}: {1} texts", plugin.title, total);
  try {
    await during(title, async (run) => {
      while (answers.length < total) {
        if (run.signal?.aborted) throw Failure.cancelled();
        const done = answers.length;
        const part = await plugin.run(inputs.slice(done, done + AT_ONCE), {
          ...run,
          onProgress: (one) => run.onProgress?.({ done: done + one.done, total }),
        });
        answers.push(...part);
        each(part);
      }
    });
  } catch (error) {
    if (Failure.of(error).code !== "aborted" || answers.length === 0) throw error;
    void vscode.window.showInformationMessage(
      vscode.l10n.t("Cloze: cancelled; {0} of {1} texts were read, and are shown.", answers.length, total),
    );
  }
  return answers;
}

interface Read {
  readonly texts: readonly string[];
  readonly places: readonly Place[];
  readonly readings: readonly Reading[];
}

function show(
  { results }: Cloze,
  plugin: Runnable,
  { what }: Taken,
  { texts, places, readings }: Read,
): void {
  const title = vscode.l10n.t("{0}: {1}", plugin.title, nameOf(what, readings.length));
  const rows = readings.map(({ label, score, details }, i): Result => ({
    label,
    ...(score !== undefined && { score }),
    description: front(texts[i], LINE),
    tooltip: new vscode.MarkdownString().appendText(front(texts[i], PARAGRAPH)),
    icon: plugin.face.icon,
    place: () => places[i].location,
    children: details.map(({ span, ...detail }) => ({
      ...detail,
      place: () => (span ? places[i].part(span) : places[i].location),
    })),
  }));
  const plain = readings.map(({ label, score }, i) =>
    [texts[i], label, ...(score === undefined ? [] : [score.toFixed(4)])]
      .map((cell) => cell.replaceAll(/\s+/g, " "))
      .join("\t"),
  );
  results.show(title, rows, plain.join("\n"));
  if (readings.length === 1)
    vscode.window.setStatusBarMessage(vscode.l10n.t("Cloze: {0}: {1}", title, spoken(readings[0])), 10_000);
}

function nameOf(what: Taken["what"], count: number): string {
  const { t } = vscode.l10n;
  const names = {
    selections: [t("the selection"), t("{0} selections", count)],
    lines: [t("one line"), t("{0} lines", count)],
    sentences: [t("the sentence at the cursor"), t("{0} sentences at cursors", count)],
  };
  return names[what][count === 1 ? 0 : 1];
}

function noteOf(plugin: Runnable, reading: Reading, text: string): Note {
  const hover = new vscode.MarkdownString().appendMarkdown("**Cloze**  ").appendText(plugin.title);
  for (const { label, score, description } of reading.details) {
    const parts = [label, description, score === undefined ? undefined : percent(score)];
    hover.appendMarkdown("\n- ").appendText(parts.filter((part) => part !== undefined).join("  "));
  }
  if (reading.details.length === 0) hover.appendMarkdown("\n\n").appendText(front(text, LINE));
  return { text: spoken(reading), hover };
}

function spoken({ label, score }: Reading): string {
  return score === undefined ? label : `${label} ${percent(score)}`;
}

/** A text on one line. */
function front(text: string, length: number): string {
  return shorten(text.replaceAll(/\s+/g, " "), length);
}
