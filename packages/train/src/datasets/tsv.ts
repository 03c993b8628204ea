/**
 * Labelled texts in GLUE's form: tab-separated, a header line, no quoting (a quotation mark is a character like any
 * other). What a label means is left to the caller.
 */
import { ClozeError } from "@cloze/core";

/** One row. `line` is its line in the file, the header being line 1. */
export interface LabelledText {
  readonly line: number;
  readonly text: string;
  readonly pair?: string;
  readonly label: string;
}

/** How a file of labelled texts is read. */
export interface TsvOptions {
  /** What errors call the file. */
  readonly file: string;
  /**
   * The header's names of the text and the label, or of both texts and the label. By default `text,label` or
   * `text_a,text_b,label`, whichever the header has.
   */
  readonly columns?: readonly string[] | undefined;
}

/**
 * Reads labelled texts.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line; `invalid-option` when a column is not there.
 *
 * @example
 * parseTsv("text\tlabel\na warm film\tpositive\n", { file: "dev.tsv" });
 */
export function parseTsv(source: string, { file, columns }: TsvOptions): LabelledText[] {
  const rows = source
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((text, i) => ({ line: i + 1, cells: text.split("\t"), blank: text === "" }))
    .filter(({ blank }) => !blank);
  const header = rows.at(0)?.cells;
  if (!header)
    throw new ClozeError(
      "invalid-input",
      `${file} is empty: it should begin with a header such as text, label.`,
    );
  const places = findColumns(header, columns ?? usualColumns(header), file);
  return rows.slice(1).map(({ line, cells }) => {
    if (cells.length !== header.length)
      throw new ClozeError(
        "invalid-input",
        `${file}, line ${line}: ${cells.length} columns where the header has ${header.length}; ` +
          "separate them by single tabs.",
      );
    const [text, second, third] = places.map((place) => cells[place]);
    return third === undefined ? { line, text, label: second } : { line, text, pair: second, label: third };
  });
}

function usualColumns(header: readonly string[]): readonly string[] {
  return header.includes("text_a") ? ["text_a", "text_b", "label"] : ["text", "label"];
}

function findColumns(header: readonly string[], names: readonly string[], file: string): number[] {
  if (names.length !== 2 && names.length !== 3)
    throw new ClozeError(
      "invalid-option",
      `columns should be text,label or text_a,text_b,label, but is ${names.join(",")}.`,
      { field: "columns" },
    );
  return names.map((name) => {
    const place = header.indexOf(name);
    if (place < 0)
      throw new ClozeError(
        "invalid-option",
        `${file} has no column ${name}: its header has ${header.join(", ")}; say which to read with columns.`,
        { field: "columns" },
      );
    return place;
  });
}
