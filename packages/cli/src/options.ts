/**
 * The options that several commands share, and how their values are read.
 */
import type { Predictor } from "@cloze/core";
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";

const formats = ["json", "jsonl", "table", "tsv"] as const;
export type Format = (typeof formats)[number];

export const shared = {
  model: new Option(
    "-m, --model <model>",
    "a model's folder, an .onnx file, or a name on the hub (default: the starter model)",
  ),
  plugin: new Option(
    "-p, --plugin <plugin>",
    "which head to use, where the model has several: its name, or the folder or .cloze file of one made for the model",
  ),
  threads: new Option("--threads <n>", "threads of one run (default: one a core, at most 8)").argParser(
    positive,
  ),
  device: new Option("--device <device>", "where the model runs; auto is the CPU")
    .choices(["cpu", "webgpu", "cuda", "auto"] as const)
    .default("auto" as const),
  layers: new Option("--layers <list>", "layers to join, -1 being the last and 0 the embeddings")
    .argParser(integers)
    .default([-1]),
  weights: new Option(
    "--weights <list>",
    "add the layers up with these weights, one a layer, in place of joining them",
  ).argParser(decimals),
  input: new Option("-i, --input <file>", "JSON Lines, one input a line; - is standard input"),
  json: new Option("--json", "print one JSON object a line"),
  format: new Option("--format <format>", "how results are printed (default: table)").choices(formats),
};

/** What `shared` reads of a command line. */
export interface ModelOptions {
  readonly model?: string | undefined;
  readonly plugin?: string | undefined;
  readonly threads?: number | undefined;
  readonly device: "cpu" | "webgpu" | "cuda" | "auto";
  /** Loads a model in place of the one that is named. */
  readonly load?: (() => Promise<Predictor>) | undefined;
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

/** A part of a whole, such as 0.2. */
export function notNegative(text: string): number {
  const value = decimal(text);
  if (value >= 0) return value;
  throw new InvalidArgumentError("It should be 0 or more, such as 0.2 for a fifth.");
}

function integers(text: string): number[] {
  const numbers = text.split(",").map((part) => part.trim());
  if (numbers.every((part) => /^-?\d+$/.test(part))) return numbers.map(Number);
  throw new InvalidArgumentError("It should be whole numbers with commas between, such as -1,-2,-3,-4.");
}

function decimals(text: string): number[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.every((part) => part !== "" && Number.isFinite(Number(part)))) return parts.map(Number);
  throw new InvalidArgumentError("It should be numbers with commas between, such as 0.1,0.2,0.3,0.4.");
}

export function words(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

export function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new InvalidArgumentError("It should be a port, 0 to 65535.");
}
