/**
 * A file of labelled texts: which columns it has, which of them are the text and the label, and its rows as examples
 * whose labels say which kind of head they ask for. The parsers are @cloze/train's.
 */
import { ClozeError } from "@cloze/core";
import { findLabels, labelList, parseTexts } from "@cloze/train/datasets";
import type { LabelledExample } from "@cloze/train";

/** A file, as the host read it. */
export interface LabelledFile {
  /** Its name: the ending says how it is read, errors name it. */
  readonly file: string;
  readonly source: string;
}

/** What a file's first lines tell of it. */
export interface FileColumns {
  /** The header's names (of JSON the fields'), each with what the first row has there. */
  readonly columns: readonly { readonly name: string; readonly sample: string }[];
  /** The columns to read, text first and label last, where the names leave no doubt. */
  readonly usual?: readonly string[];
  /** Whether the first line may be no header: then columns go by their places, from 1. */
  readonly table: boolean;
}

/** What people call the two columns. */
const TEXT = /^(?:text|texts|sentence|review|comment|message|body|content|utterance|question|title)$/i;
const LABEL = /^(?:label|labels|category|class|intent|sentiment|topic|tag|tags|target)$/i;

/**
 * Looks at a file's first two lines.
 *
 * @throws ClozeError `invalid-input` for a file that is empty, or whose first line is not JSON.
 *
 * @example
 * lookAtColumns({ file: "a.csv", source: "id,review,label\n1,warm,good\n" }).usual; // ["review", "label"]
 */
export function lookAtColumns({ file, source }: LabelledFile): FileColumns {
  const isCsv = /\.csv$/i.test(file);
  const [first, second = ""] = firstLines(source, isCsv ? CSV_LINE : LINE);
  if (first === undefined)
    throw new ClozeError(
      "invalid-input",
      `${file} is empty: it should have a text and a label on each line, below a line that names the columns.`,
    );
  const table = !/\.(?:jsonl|ndjson|json)$/i.test(file);
  const split = isCsv ? cellsOfCsv : (line: string) => line.split("\t");
  const samples = split(second);
  const columns = table
    ? split(first).map((name, i) => ({ name, sample: samples[i] ?? "" }))
    : fieldsOf(first, file);
  const names = columns.map(({ name }) => name);
  const usual = usualOf(names);
  return { columns, table, ...(usual && { usual }) };
}

/** A file's rows, ready to be learned from. */
export interface Examples {
  readonly examples: readonly Example[];
  /** All labels, in the order of the logits; `undefined` where labels are values. */
  readonly labels: readonly string[] | undefined;
}

/** A row, and its line in the file. */
export type Example = LabelledExample & { readonly line: number };

/** A fifth is held out: of so many it is one. */
const FEWEST = 5;

/**
 * Reads a file's rows. Labels that are all lists ask for several labels a text, numbers of which one is broken for a
 * value; anything else is a class.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line; `invalid-option` when a column is not there.
 */
export async function readExamples(
  { file, source }: LabelledFile,
  columns: readonly string[] | undefined,
): Promise<Examples> {
  const rows = await parseTexts(source, { file, columns });
  if (rows.length < FEWEST)
    throw new ClozeError(
      "invalid-input",
      `${file} has ${rows.length} labelled texts: give ${FEWEST} at least, of which a fifth is held out to measure on.`,
    );
  const values = rows.map(({ label }) => label);
  if (values.every(isNumber) && values.some((label) => !Number.isInteger(Number(label))))
    return { examples: rows.map((row) => ({ ...row, label: Number(row.label) })), labels: undefined };
  const multi = values.every((label) => label.startsWith("["));
  const labels = findLabels(rows, { file, multi });
  expectLabels(labels, rows.length, file);
  return {
    examples: rows.map((row) => ({ ...row, label: multi ? labelList(row, file) : row.label })),
    labels,
  };
}

function expectLabels(labels: readonly string[], rows: number, file: string): void {
  if (labels.length < 2)
    throw new ClozeError(
      "invalid-input",
      `${file} has ${labels.length === 0 ? "no label" : `one label, ${labels[0]}`}: give texts of two labels at least, to be told apart.`,
    );
  if (labels.length > 2 && labels.length > rows / 2)
    throw new ClozeError(
      "invalid-input",
      `${file} has ${labels.length} labels for ${rows} texts, such as ${JSON.stringify(labels[0])}: choose the column whose ` +
        "values repeat, or give more texts of each label.",
    );
}

function isNumber(label: string): boolean {
  return label.trim() !== "" && Number.isFinite(Number(label));
}

function usualOf(names: readonly string[]): readonly string[] | undefined {
  const has = (...wanted: readonly string[]) => wanted.every((name) => names.includes(name));
  for (const usual of [
    ["text_a", "text_b", "label"],
    ["text", "pair", "label"],
    ["text", "label"],
  ])
    if (has(...usual)) return usual;
  const [texts, labels] = [TEXT, LABEL].map((pattern) => names.filter((name) => pattern.test(name)));
  return texts.length === 1 && labels.length === 1 ? [texts[0], labels[0]] : undefined;
}

const LINE = /[^\n]+/g;
/** Quotation marks may hold line breaks. */
const CSV_LINE = /(?:"[^"]*"|[^"\n]+|")+/g;

/** The first two lines that are not blank. */
function firstLines(source: string, pattern: RegExp): string[] {
  const lines: string[] = [];
  for (const [line] of source.replace(/^\uFEFF/, "").matchAll(pattern)) {
    if (line.trim() !== "") lines.push(line.replaceAll(/\r(?=\n|$)/g, ""));
    if (lines.length === 2) break;
  }
  return lines;
}

/** The cells of one line. */
function cellsOfCsv(line: string): string[] {
  const cells = [...`,${line}`.matchAll(/,(?:"([^"]*(?:""[^"]*)*)"|([^,]*))/g)];
  return cells.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare);
}

function fieldsOf(line: string, file: string): FileColumns["columns"] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new ClozeError(
      "invalid-input",
      `${file} does not begin with a line of JSON: each line should hold one object, such as {"text": "…", "label": "…"}.`,
    );
  }
  return Object.entries(value ?? {}).map(([name, sample]) => ({
    name,
    sample: typeof sample === "string" ? sample : JSON.stringify(sample),
  }));
}
