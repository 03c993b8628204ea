/**
 * Comma-separated values (RFC 4180): a cell in quotation marks may hold commas, line breaks and, doubled, quotation
 * marks. The reading is csv-parse's, in its build that needs nothing of Node.
 */
import { ClozeError } from "@cloze/core";
import { CsvError, parse } from "csv-parse/browser/esm/sync";
import type { Info } from "csv-parse/browser/esm/sync";
import { readTable } from "./table.ts";
import type { LabelledText, Row, TextOptions } from "./table.ts";

/**
 * Reads labelled texts.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line; `invalid-option` when a column is not there.
 *
 * @example
 * parseCsv('text,label\n"a warm, funny film",positive\n', { file: "dev.csv" });
 */
export function parseCsv(source: string, options: TextOptions): LabelledText[] {
  return readTable(readCsv(source, options), options);
}

/**
 * The rows of a file, blank lines left out, however many cells they have. A line break is `\n` in a cell too.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line, where quotation marks are not as they should be.
 *
 * @example
 * readCsv('a,"b,\nc"\n', { file: "dev.csv" }); // [{ line: 1, cells: ["a", "b,\nc"] }]
 */
export function readCsv(source: string, { file }: { readonly file: string }): Row[] {
  try {
    const rows = parse(source.replaceAll("\r\n", "\n"), {
      bom: true,
      info: true,
      record_delimiter: "\n",
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as { readonly record: readonly string[]; readonly info: Info }[];
    // csv-parse says where a row ends, and counts \r as a line too.
    return rows
      .filter(({ record }) => record.length > 1 || record[0].trim() !== "")
      .map(({ record, info }) => ({ line: info.lines - breaks(record), cells: record }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new ClozeError(
      "invalid-input",
      `${file}, line ${String(cause.lines)}: a cell with quotation marks in it should begin and end with one, those ` +
        "within doubled.",
      { cause },
    );
  }
}

function breaks(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + cell.split(/[\r\n]/).length - 1, 0);
}
