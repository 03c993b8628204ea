/**
 * Files on the command line: patterns that stand for several, and a result that is written whole or not at all.
 */
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { access, constants, glob, open, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ClozeError } from "@cloze/core";

/**
 * The files that patterns match, each once, in the order of their names. A file's own name always matches it.
 *
 * @throws {ClozeError} `not-found` for a pattern that matches no file.
 */
export async function findFiles(patterns: readonly string[], field: string): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    let matches = 0;
    for await (const name of (await isFile(pattern)) ? [pattern] : glob(pattern)) {
      if (!(await isFile(name))) continue;
      found.add(path.resolve(name));
      matches++;
    }
    if (matches === 0)
      throw new ClozeError("not-found", `No file matches ${pattern}: see that the path is right.`, { field });
  }
  return [...found].sort();
}

/**
 * Sees, before any work, that a file can be written.
 *
 * @throws {ClozeError} `invalid-option` if it cannot, with the reason.
 */
export async function checkWritable(file: string, field: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there !== undefined && !there.isFile())
    throw new ClozeError("invalid-option", `${file} cannot be written: it is not a file.`, { field });
  try {
    if (there !== undefined) await access(file, constants.W_OK);
    await withPartial(file, async () => {});
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: "its folder does not exist",
      ENOTDIR: "its folder is a file",
      EACCES: "you may not write it",
      EROFS: "the disk is read-only",
    };
    throw new ClozeError("invalid-option", `${file} cannot be written: ${reasons[code] ?? code}.`, {
      cause,
      field,
    });
  }
}

/**
 * Writes a file whole: whoever reads it sees what was there before, or all of the content.
 *
 * @param content What it holds, or who writes it.
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array | ((handle: FileHandle) => Promise<void>),
): Promise<void> {
  await withPartial(file, async (handle, partial) => {
    if (typeof content === "function") await content(handle);
    else await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    await rename(partial, file);
  });
}

/** A file beside another, for what is on its way. It is gone when `use` has ended, and when a signal ends the program. */
export async function withPartial<T>(
  file: string,
  use: (handle: FileHandle, partial: string) => Promise<T>,
): Promise<T> {
  const partial = besides(file);
  partials.add(partial);
  watch();
  try {
    closeSync(openSync(partial, "wx")); // at once, so that no signal comes before there is what it removes
    const handle = await open(partial, "r+");
    try {
      return await use(handle, partial);
    } finally {
      await handle.close();
    }
  } finally {
    await rm(partial, { force: true });
    partials.delete(partial);
  }
}

/** A folder of its own for what is needed in between. It is gone as a file of `withPartial` is. */
export async function withScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "cloze-"));
  partials.add(folder);
  watch();
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    partials.delete(folder);
  }
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What is on its way. */
const partials = new Set<string>();
let counted = 0;
let watching = false;

function watch(): void {
  if (watching) return;
  watching = true;
  for (const signal of signals) process.on(signal, remove);
}

/**
 * Removes what is on its way and ends the program as if there had been no listener. Once there, it stays: a signal that
 * comes while a listener is taken off is lost.
 */
function remove(signal: NodeJS.Signals): void {
  if (partials.size === 0 && process.listenerCount(signal) > 1) return; // others see to it
  for (const partial of partials) rmSync(partial, { recursive: true, force: true });
  for (const each of signals) process.off(each, remove);
  watching = false;
  process.kill(process.pid, signal);
}

function besides(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}-${counted++}.partial`);
}

async function isFile(name: string): Promise<boolean> {
  return (await stat(name).catch(() => undefined))?.isFile() ?? false;
}
