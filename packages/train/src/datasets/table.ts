/**
 * A table of cells to labelled texts: which columns are the text, its pair and the label. How cells are separated is
 * left to `tsv.ts` and `csv.ts`, what a label means to `labels.ts`.
 */
import { ClozeError } from "@cloze/core";

/** One row. `line` is its line in the file, from 1, a header counted. */
export interface LabelledText {
  readonly line: number;
  readonly text: string;
  readonly pair?: string;
  /** As it stands in the file: a name, a number, or a list. */
  readonly label: string;
}

/** How a file of labelled texts is read. */
export interface TextOptions {
  /** What errors call the file. */
  readonly file: string;
  /**
   * The names of the text and the label, or of both texts and the label; in a table without a header, their places
   * from 1. By default `text,label`, `text,pair,label` or `text_a,text_b,label`, whichever there is.
   */
  readonly columns?: readonly string[] | undefined;
}

/** The cells of one line, or of the lines that one row takes, by its first. */
export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Labelled texts from the rows of a table.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line; `invalid-option` when a column is not there.
 */
export function readTable(rows: readonly Row[], { file, columns }: TextOptions): LabelledText[] {
  const [first] = rows;
  if (first === undefined)
    throw new ClozeError(
      "invalid-input",
      `${file} is empty: it should begin with a header such as text, label.`,
    );
  const headless = columns?.every((name) => /^[1-9]\d*$/.test(name)) ?? false;
  const header = headless ? first.cells.map((_, i) => `${i + 1}`) : first.cells;
  const names = columns ?? usualColumns((name) => header.includes(name));
  checkColumns(names);
  const places = names.map((name) => {
    const place = header.indexOf(name);
    if (place >= 0) return place;
    throw new ClozeError(
      "invalid-option",
      `${file} has no column ${name}: its header has ${header.join(", ")}; say which to read with columns.`,
      { field: "columns" },
    );
  });
  return rows.slice(headless ? 0 : 1).map((row) => {
    checkWidth(row, first, file);
    const [text, second, third] = places.map((place) => row.cells[place]);
    const { line } = row;
    return third === undefined ? { line, text, label: second } : { line, text, pair: second, label: third };
  });
}

/** @throws ClozeError `invalid-input`, naming the file and the line, unless a row is as wide as the first. */
export function checkWidth({ line, cells }: Row, first: Row, file: string): void {
  if (cells.length === first.cells.length) return;
  throw new ClozeError(
    "invalid-input",
    `${file}, line ${line}: ${cells.length} columns where line ${first.line} has ${first.cells.length}; ` +
      "separate them by single tabs, or in CSV by commas, and quote there what holds one.",
  );
}

/** The columns that are read where nothing else is asked for. */
export function usualColumns(has: (name: string) => boolean): readonly string[] {
  if (has("text_a")) return ["text_a", "text_b", "label"];
  return has("pair") ? ["text", "pair", "label"] : ["text", "label"];
}

/** @throws ClozeError `invalid-option` unless there are two names or three. */
export function checkColumns(names: readonly string[]): void {
  if (names.length === 2 || names.length === 3) return;
  throw new ClozeError(
    "invalid-option",
    `columns should be text,label or text_a,text_b,label, but is ${names.join(",")}.`,
    { field: "columns" },
  );
}
