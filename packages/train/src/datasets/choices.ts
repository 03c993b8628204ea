/**
 * Multiple choice: a context, perhaps a question, the choices and the place of the right one. JSON Lines, or CSV with
 * a header.
 */
import { ClozeError } from "@cloze/core";
import type { ChoiceQuestion } from "@cloze/core";
import { findChoice } from "./choice-forms.ts";
import { readCsv } from "./csv.ts";
import { readJsonLines } from "./json-lines.ts";
import type { TextSource } from "./lines.ts";
import { checkWidth } from "./table.ts";

/** One question. `line` is its line in the file. */
export interface LabelledChoice extends ChoiceQuestion {
  readonly line: number;
  /** The place of the right choice, from 0. */
  readonly label: number;
}

/**
 * Reads questions: `{context, question?, choices, label}` a line, or the fields of SWAG, HellaSwag, COPA or
 * CommonsenseQA, found out line by line. Other fields are passed over.
 *
 * @param options What errors call the file, which is CSV if this ends in `.csv`.
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
  const rows = /\.csv$/i.test(file) ? csvObjects(source, file) : jsonObjects(source, file);
  for await (const { line, value } of rows) questions.push(checkChoice(value, line, file));
  return questions;
}

interface LineValue {
  readonly line: number;
  readonly value: unknown;
}

async function* jsonObjects(source: TextSource, file: string): AsyncGenerator<LineValue> {
  for await (const read of readJsonLines(source)) {
    if ("error" in read)
      throw new ClozeError("invalid-input", `${file}, line ${read.line}: ${read.error.message}`);
    yield read;
  }
}

async function* csvObjects(source: TextSource, file: string): AsyncGenerator<LineValue> {
  let text = "";
  for await (const chunk of typeof source === "string" ? [source] : source) text += chunk;
  const [header, ...rows] = readCsv(text, { file });
  for (const row of rows) {
    checkWidth(row, header, file);
    yield { line: row.line, value: Object.fromEntries(header.cells.map((name, i) => [name, row.cells[i]])) };
  }
}

function checkChoice(value: unknown, line: number, file: string): LabelledChoice {
  const { context, question, choices, label, names } = findChoice(value);
  const wrong = (what: string): ClozeError =>
    new ClozeError("invalid-input", `${file}, line ${line}: ${what}`);
  if (typeof context !== "string") throw wrong(`${names.context} should be a text.`);
  if (question !== undefined && typeof question !== "string")
    throw wrong(`${names.question} should be a text.`);
  if (!isTexts(choices) || choices.length < 2) throw wrong(`${names.choices} should be two texts or more.`);
  if (typeof label !== "number" || !(label in choices))
    throw wrong(
      `${names.label} should be ${names.rule ?? `the place of a choice, 0 to ${choices.length - 1}`}.`,
    );
  return { line, context, ...(question !== undefined && { question }), choices, label };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
