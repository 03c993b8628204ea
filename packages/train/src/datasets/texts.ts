/**
 * Labelled texts in whichever form their file's name says: tab-separated, comma-separated, or JSON Lines.
 */
import { ClozeError } from "@cloze/core";
import { parseCsv } from "./csv.ts";
import { readJsonLines } from "./json-lines.ts";
import { isLabel } from "./labels.ts";
import type { TextSource } from "./lines.ts";
import { checkColumns, usualColumns } from "./table.ts";
import type { LabelledText, TextOptions } from "./table.ts";
import { parseTsv } from "./tsv.ts";

/**
 * Reads labelled texts: JSON Lines if the file's name ends in `.jsonl`, `.ndjson` or `.json`, CSV if in `.csv`, else
 * TSV.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line; `invalid-option` when a column is not there.
 *
 * @example
 * await parseTexts('text,label\n"a warm, funny film",positive\n', { file: "dev.csv" });
 */
export async function parseTexts(source: string, options: TextOptions): Promise<LabelledText[]> {
  if (/\.(?:jsonl|ndjson|json)$/i.test(options.file)) return parseJsonTexts(source, options);
  return /\.csv$/i.test(options.file) ? parseCsv(source, options) : parseTsv(source, options);
}

/**
 * Reads labelled texts, an object a line. A label may be a text, a number, true or false, or a list of texts and
 * numbers, which is kept as JSON.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line.
 *
 * @example
 * await parseJsonTexts('{"text":"a warm film","label":["glad","calm"]}', { file: "dev.jsonl" });
 */
export async function parseJsonTexts(
  source: TextSource,
  { file, columns }: TextOptions,
): Promise<LabelledText[]> {
  if (columns) checkColumns(columns);
  const texts: LabelledText[] = [];
  for await (const read of readJsonLines(source)) {
    const { line } = read;
    const wrong = (what: string): ClozeError =>
      new ClozeError("invalid-input", `${file}, line ${line}: ${what}`);
    if ("error" in read) throw wrong(read.error.message);
    const fields = new Map(Object.entries(read.value ?? {}));
    const names = columns ?? usualColumns((name) => fields.has(name));
    const [text, pair] = names.slice(0, -1).map((name) => {
      const value = fields.get(name) as unknown;
      if (typeof value !== "string") throw wrong(`${name} should be a text.`);
      return value;
    });
    const label = labelText(fields.get(names[names.length - 1]));
    if (label === undefined) throw wrong(`${names[names.length - 1]} should be a text, a number, or a list.`);
    texts.push({ line, text, ...(pair !== undefined && { pair }), label });
  }
  return texts;
}

function labelText(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.every(isLabel) ? JSON.stringify(value) : undefined;
  return isLabel(value) || typeof value === "boolean" ? String(value) : undefined;
}
