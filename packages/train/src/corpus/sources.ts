/**
 * Where a corpus came from: its files, and the hashes of what was in them.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Abort, throwIfAborted } from "@cloze/core";
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
