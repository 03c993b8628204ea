/**
 * Multiple choice as JSON Lines: a context, perhaps a question, the choices and the place of the right one.
 */
import { ClozeError } from "@cloze/core";
import type { ChoiceQuestion } from "@cloze/core";
import { readJsonLines } from "./json-lines.ts";
import type { TextSource } from "./lines.ts";

/** One question. `line` is its line in the file. */
export interface LabelledChoice extends ChoiceQuestion {
  readonly line: number;
  /** The place of the right choice, from 0. */
  readonly label: number;
}

/**
 * Reads questions: `{context, question?, choices, label}` a line. Other fields are passed over.
 *
 * @param options What errors call the file.
 * @throws ClozeError `invalid-input`, naming the file and the line.
 *
 * @example
 * await parseChoices('{"context":"He is wet.","choices":["It rained.","It snows."],"label":0}', { file: "dev.jsonl" });
 */
export async function parseChoices(
  source: TextSource,
  { file }: { readonly file: string },
): Promise<LabelledChoice[]> {
  const questions: LabelledChoice[] = [];
  for await (const read of readJsonLines(source)) {
    const { line } = read;
    const wrong = (what: string): ClozeError =>
      new ClozeError("invalid-input", `${file}, line ${line}: ${what}`);
    if ("error" in read) throw wrong(read.error.message);
    const { context, question, choices, label } = (read.value ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof context !== "string") throw wrong("context should be a text.");
    if (question !== undefined && typeof question !== "string") throw wrong("question should be a text.");
    if (!isTexts(choices) || choices.length < 2) throw wrong("choices should be two texts or more.");
    if (typeof label !== "number" || !(label in choices))
      throw wrong(`label should be the place of a choice, 0 to ${choices.length - 1}.`);
    questions.push({ line, context, ...(question !== undefined && { question }), choices, label });
  }
  return questions;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
