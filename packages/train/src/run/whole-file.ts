/**
 * Files that are there whole or not at all, whenever the program or the machine ends, and what is said when there is
 * no room for them.
 */
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";

/** What to do where a run that has begun cannot be written. */
export const RESUME = "make room, then resume the run";

/**
 * Writes a file beside its place and moves it there.
 *
 * @param content A small file's text, or a large one's chunks.
 * @param remedy What to do if it cannot be written.
 */
export async function writeWhole(
  file: string,
  content: string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  remedy?: string,
): Promise<void> {
  const folder = path.dirname(file);
  const partial = path.join(folder, `.${path.basename(file)}.partial`);
  try {
    await writeThrough(partial, typeof content === "string" ? [content] : content);
    await rename(partial, file);
    await syncFolder(folder);
  } catch (cause) {
    await rm(partial, { force: true });
    throw unwritable(file, cause, remedy);
  }
}

/** Writes a file's chunks and waits until the disk has them. */
export async function writeThrough(
  file: string,
  chunks: Iterable<string | Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  await using handle = await open(file, "w");
  for await (const chunk of chunks) await handle.writeFile(chunk);
  await handle.sync();
}

/** Waits until the disk has the names of a folder's files. Not every system can. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  await using handle = await open(folder, "r");
  await handle.sync();
}

/** What is told when a file cannot be written, and what to do then. */
export function unwritable(
  what: string,
  cause: unknown,
  remedy = "make room or choose another folder",
): ClozeError {
  const code = reasonOf(cause);
  const reason = code === "ENOSPC" || code === "EDQUOT" ? `the disk is full, ${code}` : code;
  const message = `${what} cannot be written (${reason}): ${remedy}.`;
  return new ClozeError("invalid-option", message, { cause, field: "out" });
}

/** The code of a system's error, or what it says. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return "code" in cause && !(cause instanceof ClozeError) ? String(cause.code) : cause.message;
}
