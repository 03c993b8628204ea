/**
 * Ask This Document: a question, and where in the document its answers stand.
 */
import type { Answer, Question, RunOptions } from "@cloze/core";
import * as vscode from "vscode";
import type { Cloze, Command } from "../cloze.ts";
import type { Engine } from "../engine/engine.ts";
import { Failure } from "../engine/failure.ts";
import { settings } from "../settings.ts";
import { Follower } from "../text/follower.ts";
import { sentenceAt } from "../text/sentences.ts";
import type { Span } from "../text/sentences.ts";
import type { Result } from "../views/results-view.ts";
import { during } from "./during.ts";
import { readQuestion } from "./read-question.ts";
import { withTimeLeft } from "./time-left.ts";

/** A selection of no more words than these is where the cursor is, not what is asked. */
const FEW_WORDS = 5;
/** Less than this reads as nothing: such answers are none, but for the best. */
const LEAST = 0.001;
/** The most that is read at once, in UTF-16 units: about a million tokens. */
const MOST = 5_000_000;

type Found = Answer["answers"][number];

/** What other extensions and keybindings may give: with a context they are answered without an editor. */
interface Given extends Partial<Question> {
  readonly plugin?: string;
}

export const askDocument: Command = {
  id: "cloze.askDocument",
  async run(cloze, given: Given = {}) {
    const { plugin } = given;
    if (given.context !== undefined)
      return during(vscode.l10n.t("Reading"), (run) => ask(cloze.engine, given as Question, plugin, run));
    const editor = vscode.window.activeTextEditor;
    if (!editor) throw new Failure("invalid-input", vscode.l10n.t("Open a document to ask it."));
    const { document } = editor;
    const title = partOf(editor)
      ? vscode.l10n.t("Ask the Selected Text")
      : vscode.l10n.t("Ask This Document");
    const question = given.question ?? (await readQuestion(cloze.context.workspaceState, title));
    if (question === undefined) return undefined;
    const answer = await askIn(cloze, document, partOf(editor), question, plugin); // it may be elsewhere now
    await show(cloze, document, question, answer);
    return answer;
  },
};

/** Asks a document, or a part of it; what is found is where it stands when the answer is there. */
async function askIn(
  { engine }: Cloze,
  document: vscode.TextDocument,
  part: vscode.Selection | undefined,
  question: string,
  plugin: string | undefined,
): Promise<Answer> {
  const context = document.getText(part);
  const base = part ? document.offsetAt(part.start) : 0;
  if (context.trim() === "")
    throw new Failure("invalid-input", vscode.l10n.t("The document is empty: there is nothing to ask."));
  if (context.length > MOST)
    throw new Failure("invalid-input", vscode.l10n.t("The document is too long: select the part to ask."));
  const follower = new Follower(document);
  try {
    const answer = await during(vscode.l10n.t("Reading to answer “{0}”", question), (run, say) =>
      ask(engine, { question, context }, plugin, withTimeLeft(run, say)),
    );
    if (document.isClosed)
      throw new Failure("changed", vscode.l10n.t("The document was closed meanwhile: open it, ask again."));
    const found = answer.answers.flatMap((one) => {
      const span = follower.now({ start: base + one.start, end: base + one.end });
      return span ? [{ ...one, ...span }] : [];
    });
    if (found.length === 0 && answer.answers.length > 0)
      throw new Failure("changed", vscode.l10n.t("What was found was edited meanwhile: ask again."));
    if (answer.answer === "") return { ...answer, answers: found };
    const [{ text, start, end, score }] = found;
    return { ...answer, answer: text, start, end, score, answers: found };
  } finally {
    follower.dispose();
  }
}

/** Lists what was found; highlights answers and goes to the best, and says where there is none. */
async function show(
  { answers, results }: Cloze,
  document: vscode.TextDocument,
  question: string,
  { answer, answers: found }: Answer,
): Promise<void> {
  const answered = answer !== "";
  const follower = new Follower(document);
  const text = document.getText();
  const rows = found.map((one, i): Result => ({
    label: one.text.replace(/\s+/g, " "),
    score: one.probability,
    description: vscode.l10n.t("line {0}", document.positionAt(one.start).line + 1),
    tooltip: tooltip(text, one),
    icon: answered ? "comment" : "question",
    ...(answered
      ? { command: { command: "cloze.showAnswer", title: vscode.l10n.t("Show"), arguments: [i] } }
      : { place: () => follower.location(one) }),
  }));
  const none: Result = {
    label: vscode.l10n.t("No answer here"),
    icon: "circle-slash",
    ...(rows.length > 0 && { description: vscode.l10n.t("the nearest guesses"), children: rows }),
  };
  const lines = rows.map(({ label, score, description }) => `${label}\t${score}\t${description}`);
  const plain = [question, ...(answered ? [] : [none.label]), ...lines].join("\n");
  results.show(vscode.l10n.t("“{0}”", question), answered ? rows : [none], plain, follower);

  answers.show(document, answered ? found : []);
  if (answered) await answers.reveal(0);
  else void vscode.window.showInformationMessage(vscode.l10n.t("Cloze: no answer here to “{0}”.", question));
}

/** Asks the model for the best answers of different places. */
async function ask(
  engine: Engine,
  { question, context }: Question,
  plugin: string | undefined,
  run: RunOptions,
): Promise<Answer> {
  const top = settings().get("ask.answers");
  const options = { plugin, top, noAnswer: true, apart: true, wholeWords: true };
  const [answer] = await engine.run("ask", { inputs: [{ question, context }], ...options }, run);
  return {
    ...answer,
    answers: answer.answers.filter(({ probability }, i) => i === 0 || probability >= LEAST),
  };
}

/** The selection, where it is a text and not a word or two that happened to be selected. */
function partOf({ document, selection }: vscode.TextEditor): vscode.Selection | undefined {
  const words = document.getText(selection).match(/\p{Script=Han}|[\p{L}\p{N}]+/gu) ?? [];
  return words.length > FEW_WORDS ? selection : undefined;
}

/** The answer in its sentence, and what the model gave it. */
function tooltip(text: string, { start, end, score, probability }: Found): vscode.MarkdownString {
  const sentence: Span = sentenceAt(text, start) ?? { start, end };
  const flat = (from: number, to: number) => text.slice(from, to).replaceAll(/\s+/g, " "); // no line's end in what is bold
  const scores = vscode.l10n.t("score {0}, probability {1}", score.toFixed(2), probability.toFixed(3));
  return new vscode.MarkdownString()
    .appendText(flat(sentence.start, start))
    .appendMarkdown("**")
    .appendText(flat(start, end))
    .appendMarkdown("**")
    .appendText(flat(end, Math.max(end, sentence.end)))
    .appendMarkdown("\n\n")
    .appendText(scores);
}
