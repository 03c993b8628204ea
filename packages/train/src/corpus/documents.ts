/**
 * Text files as paragraphs and documents: one paragraph a line, a blank line between documents. What a sentence is
 * is left to `sentences.ts`.
 */
import { readBlocks } from "./blocks.ts";

/** A longer line is cut after a space: what is read at once stays small whatever the file. */
const LONGEST_LINE = 1 << 16;

/**
 * Reads a file's lines in batches, without the white space and the byte order mark round them; `""` stands for a blank
 * line, which ends a document. The end of a file does as well, and is not told.
 *
 * @param onRead Told how many more bytes have been read, as they lie on the disk.
 * @throws {ClozeError} as `readBlocks`.
 */
export async function* readLines(file: string, onRead: (bytes: number) => void): AsyncGenerator<string[]> {
  let rest = "";
  let cut = false;
  for await (const block of readBlocks({ file, start: 0, end: Number.MAX_SAFE_INTEGER }, onRead)) {
    const lines = (rest + block).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) {
      if (cut && lines[0].trim() === "") lines.shift(); // nothing was left of the line: it is not blank
      cut = false;
    }
    if (rest.length > LONGEST_LINE) {
      if (rest.trim() !== "") {
        lines.push(rest);
        cut = true;
      }
      rest = "";
    }
    yield lines.map((line) => line.trim());
  }
  yield [rest.trim()];
}
