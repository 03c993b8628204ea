/**
 * What the labels of texts mean: one of several classes, any number of them, or a value.
 */
import { ClozeError } from "@cloze/core";
import type { LabelledText } from "./table.ts";

/** A label and its line in the file. */
export type LabelOf = Pick<LabelledText, "label" | "line">;

/**
 * The labels that there are, each once: in the order of numbers if all are whole numbers, else by code unit.
 *
 * @param multi Whether a label is a list: see `labelList`.
 * @throws ClozeError `invalid-input`, naming the file and the line of a label that is empty, or a list that is none.
 *
 * @example
 * findLabels([{ line: 1, label: "sad" }, { line: 2, label: "glad" }], { file: "train.tsv" }); // ["glad", "sad"]
 */
export function findLabels(
  rows: readonly LabelOf[],
  { file, multi = false }: { readonly file: string; readonly multi?: boolean },
): string[] {
  const empty = multi ? undefined : rows.find(({ label }) => label === "");
  if (empty !== undefined)
    throw new ClozeError(
      "invalid-input",
      `${file}, line ${empty.line}: the label is empty: give one, or leave the row out.`,
    );
  const labels = [...new Set(rows.flatMap((row) => (multi ? labelList(row, file) : [row.label])))];
  return labels.every(isWhole) ? labels.sort((a, b) => Number(a) - Number(b)) : labels.sort();
}

/**
 * The place of a label among those that there are. Where they have names, a number from 0 is a place too.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line.
 *
 * @example
 * classOf({ line: 2, label: "sad" }, ["glad", "sad"], "dev.tsv"); // 1
 */
export function classOf({ label, line }: LabelOf, labels: readonly string[], file: string): number {
  const named = labels.indexOf(label);
  if (named >= 0) return named;
  if (isWhole(label) && Number(label) < labels.length && !labels.some(isWhole)) return Number(label);
  throw new ClozeError(
    "invalid-input",
    `${file}, line ${line}: ${JSON.stringify(label)} is no label, which are ${labels.join(", ")}.`,
  );
}

/**
 * The places of all labels of a text, as `classOf` finds each.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line.
 *
 * @example
 * classesOf({ line: 2, label: "sad|calm" }, ["calm", "glad", "sad"], "dev.tsv"); // [2, 0]
 */
export function classesOf(row: LabelOf, labels: readonly string[], file: string): number[] {
  return labelList(row, file).map((label) => classOf({ label, line: row.line }, labels, file));
}

/**
 * A label that is a list, each name once: separated by `|`, or a JSON array. Nothing is a list of none.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line of an array that is not JSON.
 *
 * @example
 * labelList({ line: 2, label: "sad|calm" }, "dev.tsv"); // ["sad", "calm"]
 */
export function labelList({ label, line }: LabelOf, file: string): string[] {
  const list = label.trim().startsWith("[") ? parseList(label) : label.split("|");
  if (list === undefined)
    throw new ClozeError(
      "invalid-input",
      `${file}, line ${line}: ${label} should be a JSON array of labels, or labels separated by |.`,
    );
  return [...new Set(list.map((name) => name.trim()))].filter((name) => name !== "");
}

/**
 * A label that is a number.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line.
 *
 * @example
 * valueOf({ line: 2, label: "3.8" }, "dev.tsv"); // 3.8
 */
export function valueOf({ label, line }: LabelOf, file: string): number {
  if (label.trim() !== "" && Number.isFinite(Number(label))) return Number(label);
  throw new ClozeError(
    "invalid-input",
    `${file}, line ${line}: ${JSON.stringify(label)} should be a number, the value of the text.`,
  );
}

function parseList(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every(isLabel) ? value.map(String) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value of JSON is a single label: a name or a number. */
export function isLabel(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function isWhole(label: string): boolean {
  return /^\d+$/.test(label);
}
