/**
 * A file, or a range of its bytes, as blocks of text that may be counted each on its own: a block ends where a line
 * ends, or after a space in a line that is too long to hold. Only `\n` ends a line.
 */
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { ClozeError } from "@cloze/core";

const READ_SIZE = 1 << 16;
/** A stretch of more bytes without white space is cut between two characters. */
const LONGEST_STRETCH = 1 << 20;
const NEWLINE = 0x0a;
const SPACE = 0x20;

/** A file to read whole, or the lines that begin in the range `[start, end)` of its bytes. */
export interface Extent {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a file's text; one whose name ends in `.gz` is unpacked, and read whole whatever its range says.
 *
 * @throws {ClozeError} `not-found` for a file that cannot be read; `invalid-input` for one that is not UTF-8 or, by
 * its name, should be gzip and is not.
 */
export async function* readBlocks(extent: Extent, onRead: (bytes: number) => void): AsyncGenerator<string> {
  const { file } = extent;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of isGzip(file) ? unpack(file, onRead) : readLinesOf(extent, onRead)) {
      const cut = Math.max(chunk.lastIndexOf(NEWLINE), chunk.lastIndexOf(SPACE)) + 1;
      const block = cut === 0 ? undefined : Buffer.concat([rest, chunk.subarray(0, cut)]);
      rest = cut === 0 ? Buffer.concat([rest, chunk]) : chunk.subarray(cut);
      if (block !== undefined) yield decode(block, file);
      while (rest.length > LONGEST_STRETCH) {
        let end = LONGEST_STRETCH;
        const blank = rest.subarray(0, end).findLastIndex((byte) => byte <= SPACE); // a tab, an old Mac's line
        if (blank >= 0) end = blank + 1;
        while (end > LONGEST_STRETCH - 4 && (rest[end] & 0xc0) === 0x80) end--;
        yield decode(rest.subarray(0, end), file);
        rest = rest.subarray(end);
      }
    }
  } catch (error) {
    throw explainUnread(error, file);
  }
  if (rest.length > 0) yield decode(rest, file);
}

export function isGzip(file: string): boolean {
  return /\.gz$/i.test(file);
}

/** The lines that begin in a range: the first one after a `\n`, the last one to its own end. */
async function* readLinesOf(
  { file, start, end }: Extent,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  // One byte before the range tells whether a line begins with it.
  let at = Math.max(0, start - 1);
  let inside = start === 0;
  const stream = createReadStream(file, { start: at, highWaterMark: READ_SIZE });
  for await (let chunk of stream as AsyncIterable<Buffer>) {
    const next = at + chunk.length;
    onRead(Math.max(0, Math.min(next, end) - Math.max(at, start)));
    if (!inside) {
      const newline = chunk.indexOf(NEWLINE);
      at += newline < 0 ? chunk.length : newline + 1;
      if (at >= end) return;
      if (newline < 0) continue;
      chunk = chunk.subarray(newline + 1);
      inside = true;
    }
    const last = chunk.indexOf(NEWLINE, Math.max(0, end - 1 - at));
    if (last >= 0) {
      yield chunk.subarray(0, last + 1);
      return;
    }
    yield chunk;
    at = next;
  }
}

async function* unpack(file: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const source = createReadStream(file, { highWaterMark: READ_SIZE });
  source.on("data", (chunk) => onRead(chunk.length));
  const unpacked = createGunzip({ chunkSize: READ_SIZE });
  yield* pipeline(source, unpacked, () => {}) as AsyncIterable<Buffer>; // its errors end the loop
}

function decode(block: Buffer, file: string): string {
  if (isUtf8(block)) return block.toString("utf8");
  throw new ClozeError("invalid-input", `${file} is not UTF-8: convert it, or leave it out.`, {
    field: "corpus",
  });
}

/** A failure to read a file, in a sentence. */
export function explainUnread(error: unknown, file: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (error instanceof ClozeError || code === "") return error;
  if (code.startsWith("Z_"))
    return new ClozeError("invalid-input", `${file} is not a whole gzip file: ${(error as Error).message}.`, {
      cause: error,
      field: "corpus",
    });
  return new ClozeError("not-found", `${file} cannot be read (${code}).`, { cause: error, field: "corpus" });
}
