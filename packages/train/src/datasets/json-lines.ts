/**
 * JSON Lines: one JSON value a line. A line that is not JSON is an error in its place, so that a caller can answer
 * the rest. What the values mean is left to the caller.
 */
import { ClozeError } from "@cloze/core";
import { readLines } from "./lines.ts";
import type { TextSource } from "./lines.ts";

/** The value of one line, or what is wrong with it. `line` counts from 1, blank lines too. */
export type JsonLine =
  { readonly line: number; readonly value: unknown } | { readonly line: number; readonly error: ClozeError };

/**
 * Reads JSON Lines. Blank lines, CRLF and a byte order mark are accepted.
 *
 * @example
 * for await (const { line, ...read } of readJsonLines('{"text":"one"}\n{"text":')) console.log(line, read);
 */
export async function* readJsonLines(source: TextSource): AsyncGenerator<JsonLine> {
  for await (const { line, text } of readLines(source)) {
    if (text.trim() !== "") yield { line, ...parseLine(text) };
  }
}

function parseLine(text: string): { value: unknown } | { error: ClozeError } {
  try {
    return { value: JSON.parse(text) };
  } catch (cause) {
    const message = "This line is not JSON: each should hold one whole JSON object.";
    return { error: new ClozeError("invalid-input", message, { cause }) };
  }
}
