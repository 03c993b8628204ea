/**
 * The options that several commands share, and how their values are read.
 */
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";

const formats = ["json", "jsonl", "table", "tsv"] as const;
export type Format = (typeof formats)[number];

export const shared = {
  model: new Option("-m, --model <folder>", "the model's folder (default: the starter model)"),
  plugin: new Option("-p, --plugin <name>", "which head to use, where the model has several"),
  threads: new Option("--threads <n>", "threads of one run (default: one a core, at most 8)").argParser(
    positive,
  ),
  device: new Option("--device <device>", "where the model runs")
    .choices(["cpu", "auto"] as const)
    .default("auto" as const),
  input: new Option("-i, --input <file>", "JSON Lines, one input a line; - is standard input"),
  json: new Option("--json", "print one JSON object a line"),
  format: new Option("--format <format>", "how results are printed (default: table)").choices(formats),
};

/** What `shared` reads of a command line. */
export interface ModelOptions {
  readonly model?: string | undefined;
  readonly threads?: number | undefined;
  readonly device: "cpu" | "auto";
}

export interface FormatOptions {
  readonly json?: boolean | undefined;
  readonly format?: Format | undefined;
}

export function positive(text: string): number {
  if (/^\d+$/.test(text) && Number(text) > 0 && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError("It should be a positive whole number.");
}

export function wholeNumber(text: string): number {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError("It should be a whole number.");
}

export function decimal(text: string): number {
  if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError("It should be a number.");
}

export function integers(text: string): number[] {
  const numbers = text.split(",").map((part) => part.trim());
  if (numbers.every((part) => /^-?\d+$/.test(part))) return numbers.map(Number);
  throw new InvalidArgumentError("It should be whole numbers with commas between, such as -1,-2,-3,-4.");
}

export function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new InvalidArgumentError("It should be a port, 0 to 65535.");
}
