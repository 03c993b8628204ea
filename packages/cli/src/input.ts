/**
 * Reading inputs: arguments, or JSON Lines from a file or standard input, each checked before any work is done.
 */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { ClozeError } from "@cloze/core";
import type { ChoiceQuestion, Question, TextInput, TextPair } from "@cloze/core";
import { readJsonLines, readLines } from "@cloze/train/datasets";
import type { TextSource } from "@cloze/train/datasets";
import type { Io } from "./io.ts";

/** One input, or what is wrong with its line. An argument has no line. */
export type Item<I> =
  { readonly line?: number; readonly value: I } | { readonly line: number; readonly error: ClozeError };

/** Refuses arguments together with `--input`, and neither. */
export function expectOneSource(given: number, input: string | undefined, what: string): void {
  if (given > 0 && input !== undefined)
    throw new ClozeError("invalid-option", `Give ${what} as arguments or --input, not both.`, {
      field: "input",
    });
  if (given === 0 && input === undefined)
    throw new ClozeError("invalid-option", `Give ${what}, or --input FILE (- is standard input).`, {
      field: "input",
    });
}

/** Arguments as inputs. */
export async function* fromArguments<I>(values: readonly I[]): AsyncGenerator<Item<I>> {
  for (const value of values) yield { value };
}

/** The lines of a JSON Lines file, each through `check`, which throws what is wrong. */
export async function* fromJsonLines<I>(
  input: string,
  io: Io,
  check: (value: unknown) => I,
): AsyncGenerator<Item<I>> {
  for await (const read of readJsonLines(openText(input, io))) {
    if ("error" in read) {
      yield read;
      continue;
    }
    try {
      yield { line: read.line, value: check(read.value) };
    } catch (error) {
      if (!(error instanceof ClozeError)) throw error;
      yield { line: read.line, error };
    }
  }
}

/** Plain text, one text a line; blank lines are passed over. */
export async function* fromLines(input: string, io: Io): AsyncGenerator<Item<TextInput>> {
  for await (const { line, text } of readLines(openText(input, io))) {
    if (text.trim() !== "") yield { line, value: { text } };
  }
}

/** The inputs alone, where one bad line ends it all. */
export async function* expectGood<I>(items: AsyncIterable<Item<I>>): AsyncGenerator<I> {
  for await (const item of items) {
    if ("value" in item) {
      yield item.value;
      continue;
    }
    const { code, message } = item.error;
    throw new ClozeError(code, `Line ${item.line}: ${message}`);
  }
}

/** A file or standard input (`-`) as text, in chunks. */
export async function* openText(file: string, io: Io): AsyncGenerator<string> {
  if (file === "-") {
    yield* io.stdin();
    return;
  }
  try {
    yield* createReadStream(file, { encoding: "utf8", highWaterMark: 1 << 18 }) as AsyncIterable<string>;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** A whole file, or all of standard input. */
export async function readText(file: string, io: Io): Promise<string> {
  return file === "-" ? collect(io.stdin()) : readNamed(file);
}

/** A whole file. */
export async function readNamed(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function collect(source: Exclude<TextSource, string>): Promise<string> {
  let text = "";
  for await (const chunk of source) text += chunk;
  return text;
}

/** Why a file that the command line names cannot be read. */
export function unreadable(file: string, cause: unknown): ClozeError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    ENOTDIR: "its folder is a file",
    EISDIR: "it is a folder",
    EACCES: "you may not read it",
  };
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "it fails";
  return new ClozeError("not-found", `${file} cannot be read: ${reasons[code] ?? code}.`, {
    cause,
    field: "input",
  });
}

/** `{text, pair?}`. */
export function checkText(value: unknown): TextInput {
  const { text, pair } = fields(value, "text");
  return pair === undefined
    ? { text: expectText(text, "text") }
    : { text: expectText(text, "text"), pair: expectText(pair, "pair") };
}

/** `{text, pair}`. */
export function checkPair(value: unknown): TextPair {
  const { text, pair } = fields(value, "text and pair");
  return { text: expectText(text, "text"), pair: expectText(pair, "pair") };
}

/** `{context, question?, choices}`. */
export function checkChoice(value: unknown): ChoiceQuestion {
  const { context, question, choices } = fields(value, "context and choices");
  if (!Array.isArray(choices) || choices.length < 2)
    throw new ClozeError("invalid-input", "choices should be two texts or more.", { field: "choices" });
  return {
    context: expectText(context, "context"),
    ...(question !== undefined && { question: expectText(question, "question") }),
    choices: choices.map((choice, i) => expectText(choice, `choices[${i}]`)),
  };
}

/** `{id?, question, context}`. */
export function checkQuestion(value: unknown): Question {
  const { id, question, context } = fields(value, "question and context");
  const asked = { question: expectText(question, "question"), context: expectText(context, "context") };
  if (id === undefined || id === null) return asked;
  if (typeof id !== "string" && typeof id !== "number")
    throw new ClozeError("invalid-input", "id should be a text or a number.", { field: "id" });
  return { id, ...asked };
}

function fields(value: unknown, names: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new ClozeError("invalid-input", `An input should be a JSON object with ${names}.`);
}

function expectText(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  const found = value === undefined ? "missing" : value === null ? "null" : `a ${typeof value}`;
  throw new ClozeError("invalid-input", `${field} should be a text, but is ${found}.`, { field });
}
