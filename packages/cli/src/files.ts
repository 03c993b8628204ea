/**
 * Files on the command line: patterns that stand for several, and a result that is written whole or not at all.
 */
import { access, constants, glob, open, rename, rm, stat } from "node:fs/promises";
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
    const beside = besides(file);
    await (await open(beside, "wx")).close();
    await rm(beside);
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

/** Writes a file whole: whoever reads it sees what was there before, or all of the content. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const beside = besides(file);
  try {
    const handle = await open(beside, "wx");
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

function besides(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.partial`);
}

async function isFile(name: string): Promise<boolean> {
  return (await stat(name).catch(() => undefined))?.isFile() ?? false;
}
