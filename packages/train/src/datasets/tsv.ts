/**
 * Labelled texts in GLUE's form: tab-separated, no quoting (a quotation mark is a character like any other).
 */
import { readTable } from "./table.ts";
import type { LabelledText, TextOptions } from "./table.ts";

/**
 * Reads labelled texts.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line; `invalid-option` when a column is not there.
 *
 * @example
 * parseTsv("text\tlabel\na warm film\tpositive\n", { file: "dev.tsv" });
 */
export function parseTsv(source: string, options: TextOptions): LabelledText[] {
  const rows = source
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((text, i) => ({ line: i + 1, cells: text.split("\t"), blank: /^[^\S\t]*$/.test(text) }))
    .filter(({ blank }) => !blank);
  return readTable(rows, options);
}
