/**
 * Where a corpus came from: the files' hashes, and the check that they are still there and the same.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Abort, ClozeError, throwIfAborted } from "@cloze/core";
import { explainUnread } from "./blocks.ts";

/** A file of a corpus as it was when it was read. */
export interface Source {
  /** Its path as it was given. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** How many bytes a file has. */
export async function sizeOf(file: string): Promise<number> {
  const { size } = await stat(file).catch((error: unknown) => {
    throw explainUnread(error, file);
  });
  return size;
}

/** Reads a file whole and describes it. */
export async function describeSource(file: string, signal?: Abort): Promise<Source> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      throwIfAborted(signal);
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw explainUnread(error, file);
  }
  return { file, bytes, sha256: hash.digest("hex") };
}

/**
 * Checks that files are those that a corpus was read from, in the same order and with the same bytes; they may have
 * moved.
 *
 * @throws {ClozeError} `not-found` for a file that is missing; `invalid-input` for one that has changed, one too many
 * or one too few, by name.
 */
export async function checkSources(
  sources: readonly Source[],
  files: readonly string[],
  signal?: Abort,
): Promise<void> {
  for (const [nth, file] of files.entries()) {
    const source = sources.at(nth);
    if (source === undefined) throw refuse(`${file} was not part of the corpus`);
    if ((await sizeOf(file)) !== source.bytes) throw refuse(`${file} has changed`);
    const { sha256 } = await describeSource(file, signal);
    if (sha256 !== source.sha256) throw refuse(`${file} has changed`);
  }
  if (files.length < sources.length) throw refuse(`${sources[files.length].file} is missing from the corpus`);
}

function refuse(what: string): ClozeError {
  return new ClozeError("invalid-input", `${what} since training began: put it right, or begin anew.`, {
    field: "corpus",
  });
}
