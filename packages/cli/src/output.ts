/**
 * Printing results, in four formats: for people (`table`), JSON Lines, one JSON array, tab-separated values.
 */
import type { ClozeError } from "@cloze/core";
import type { Io } from "./io.ts";
import type { Format, FormatOptions } from "./options.ts";
import { styleOf } from "./style.ts";
import type { Style } from "./style.ts";

/** How one command's results look. */
export interface View<I, O> {
  /** The object that JSON formats print; the result itself by default. */
  json?(result: O): unknown;
  readonly columns: readonly string[];
  row(result: O, input: I): readonly (string | number | null)[];
  /** Lines for people. */
  text(result: O, input: I, style: Style): string;
}

export function formatOf({ json, format }: FormatOptions): Format {
  return format ?? (json ? "jsonl" : "table");
}

export class Printer<I, O> {
  readonly #view: View<I, O>;
  readonly #format: Format;
  readonly #io: Io;
  readonly #style: Style;
  #count = 0;

  constructor(view: View<I, O>, options: FormatOptions, io: Io) {
    this.#view = view;
    this.#format = formatOf(options);
    this.#io = io;
    this.#style = styleOf(io.stdout, io.env);
  }

  async print(input: I, result: O): Promise<void> {
    const view = this.#view;
    if (this.#format === "table") await this.#write(view.text(result, input, this.#style));
    else if (this.#format === "tsv") await this.#write(view.row(result, input).map(cell).join("\t"));
    else await this.#write(JSON.stringify(view.json ? view.json(result) : result));
  }

  /** A bad line, in its place. */
  async printError(line: number, { code, message }: ClozeError): Promise<void> {
    if (this.#format === "table") await this.#write(this.#style.bad(`line ${line}: ${message}`));
    else if (this.#format === "tsv") await this.#write(`# line ${line}: ${cell(message)}`);
    else await this.#write(JSON.stringify({ error: { code, message, line } }));
  }

  async end(): Promise<void> {
    if (this.#format === "json") await this.#io.stdout.write(this.#count === 0 ? "[]\n" : "\n]\n");
    else if (this.#format === "tsv" && this.#count === 0) await this.#io.stdout.write(this.#header);
  }

  get #header(): string {
    return `${this.#view.columns.join("\t")}\n`;
  }

  async #write(text: string): Promise<void> {
    const first = this.#count++ === 0;
    if (this.#format === "json") await this.#io.stdout.write(`${first ? "[\n" : ",\n"}${text}`);
    else if (this.#format === "tsv" && first) await this.#io.stdout.write(`${this.#header}${text}\n`);
    else await this.#io.stdout.write(`${text}\n`);
  }
}

function cell(value: string | number | null): string {
  return value === null ? "" : String(value).replace(/[\t\r\n]+/g, " ");
}

/** A line for each value of an object, by its path, such as `config.layers` or `plugins.0.name`. */
function leaves(value: object, path = ""): string[] {
  return Object.entries(
    value as Readonly<Record<string, string | number | null | undefined | object>>,
  ).flatMap(([key, child]) =>
    typeof child === "object" && child !== null
      ? leaves(child, `${path}${key}.`)
      : `${path}${key}\t${cell(child ?? null)}\n`,
  );
}

/** One object at the end of a command: as JSON, as a line a value, or as the lines for people. */
export async function printOne(
  value: object,
  text: (style: Style) => string,
  options: FormatOptions,
  io: Io,
): Promise<void> {
  const format = formatOf(options);
  if (format === "table") await io.stdout.write(`${text(styleOf(io.stdout, io.env))}\n`);
  else if (format === "tsv") await io.stdout.write(leaves(value).join(""));
  else await io.stdout.write(`${JSON.stringify(value, null, format === "json" ? 2 : 0)}\n`);
}
