/**
 * Text in chunks to lines. Only `\n` ends a line: U+2028, U+2029 and a lone `\r` may stand inside a JSON string
 * (Node's readline splits there). A byte order mark at the front and a `\r` at a line's end are no part of a line.
 */

/** One line, with its number from 1. */
export interface Line {
  readonly line: number;
  readonly text: string;
}

/** A whole text, or its chunks in order, cut anywhere. */
export type TextSource = string | Iterable<string> | AsyncIterable<string>;

/**
 * Reads lines, holding no more than one chunk and one line. Blank lines are given too; nothing comes after the
 * last `\n`.
 *
 * @example
 * for await (const { line, text } of readLines("one\r\ntwo\n")) console.log(line, text);
 */
export async function* readLines(source: TextSource): AsyncGenerator<Line> {
  let line = 0;
  let rest = "";
  const cut = (text: string): Line => {
    line++;
    const start = line === 1 && text.startsWith("\uFEFF") ? 1 : 0;
    return { line, text: text.slice(start, text.endsWith("\r") ? -1 : undefined) };
  };
  for await (const chunk of typeof source === "string" ? [source] : source) {
    let from = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", from)) {
      yield cut(rest + chunk.slice(from, end));
      rest = "";
      from = end + 1;
    }
    rest += chunk.slice(from);
  }
  if (rest !== "") yield cut(rest);
}
