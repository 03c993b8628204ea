/**
 * What the hub's cache holds of models, and taking a model out of it.
 */
import { lstat, readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";
import { folderName } from "./cached.ts";
import { checkName } from "./name.ts";
import { cacheFolder } from "./settings.ts";

/** A commit of a model in the cache. */
export interface CachedModel {
  readonly name: string;
  /** Nothing where no fetch has come to its end. */
  readonly commit: string | null;
  /** The revisions that were this commit when they were fetched. */
  readonly revisions: readonly string[];
  /** Of its files; what two commits have in common counts for both. */
  readonly bytes: number;
  readonly lastUsed: Date;
  readonly path: string;
}

/**
 * The models in the cache, whoever fetched them, by name; one entry a commit.
 *
 * @example
 * for (const { name, bytes } of await listCache()) console.log(name, bytes);
 */
export async function listCache(cacheDir?: string): Promise<CachedModel[]> {
  const root = cacheFolder(cacheDir);
  const models: CachedModel[] = [];
  for (const folder of (await namesIn(root)).sort()) {
    if (!folder.startsWith("models--")) continue;
    const place = path.join(root, folder);
    const name = folder.slice("models--".length).replace("--", "/");
    const refs = await readRefs(path.join(place, "refs"));
    const commits = await namesIn(path.join(place, "snapshots"));
    if (commits.length === 0)
      models.push({ name, commit: null, revisions: [], ...(await measure(place)), path: place });
    for (const commit of commits.sort()) {
      const snapshot = path.join(place, "snapshots", commit);
      const revisions = refs.flatMap(([revision, at]) => (at === commit ? [revision] : []));
      models.push({ name, commit, revisions, ...(await measure(snapshot)), path: snapshot });
    }
  }
  return models;
}

/**
 * Removes all of a model from the cache.
 *
 * @param options `dryRun` removes nothing.
 * @returns The bytes that it frees.
 * @throws ClozeError `not-found`, `invalid-option`.
 * @example
 * const { bytes } = await removeCached("google-bert/bert-base-uncased", { dryRun: true });
 */
export async function removeCached(
  name: string,
  options: { readonly cacheDir?: string | undefined; readonly dryRun?: boolean | undefined } = {},
): Promise<{ readonly path: string; readonly bytes: number }> {
  checkName(name);
  const root = cacheFolder(options.cacheDir);
  const place = path.join(root, folderName(name));
  const there = await stat(place).catch(() => undefined);
  if (!there)
    throw new ClozeError("not-found", `${name} is not in ${root}: "cloze cache" lists what is.`, {
      field: "name",
    });
  const files = await filesBelow(place);
  const sizes = await Promise.all(files.map(async (file) => (await lstat(file)).size)); // of a link, the link's own
  if (!options.dryRun) {
    await rm(place, { recursive: true });
    await rm(path.join(root, ".locks", folderName(name)), { recursive: true, force: true }); // Python's
  }
  return { path: place, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Revisions and their commits. */
async function readRefs(folder: string): Promise<(readonly [string, string])[]> {
  const files = await filesBelow(folder);
  return Promise.all(
    files.map(async (file) => {
      const revision = path.relative(folder, file).split(path.sep).join("/");
      return [revision, await readFile(file, "utf8").catch(() => "")] as const;
    }),
  );
}

/** The bytes in a folder, through its links, and when one of them was last read. */
async function measure(folder: string): Promise<{ readonly bytes: number; readonly lastUsed: Date }> {
  let bytes = 0;
  let { atimeMs: last } = await stat(folder);
  const seen = new Set<number>();
  for (const file of await filesBelow(folder)) {
    const found = await stat(file).catch(() => undefined);
    if (!found || seen.has(found.ino)) continue;
    seen.add(found.ino);
    bytes += found.size;
    last = seen.size === 1 ? found.atimeMs : Math.max(last, found.atimeMs);
  }
  return { bytes, lastUsed: new Date(last) };
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isDirectory() ? [] : [path.join(entry.parentPath, entry.name)]));
}
