/**
 * One model in the cache that Python's huggingface_hub and Cloze share. `blobs/` holds contents by name,
 * `snapshots/<commit>/` links to them under the model's own paths, `refs/<revision>` says which commit a revision was.
 * `.cloze/<commit>.json` is Cloze's own: what the commit holds, so that a whole snapshot is known as whole.
 */
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { hubFile } from "./listing.ts";
import type { HubFile } from "./listing.ts";
import { isCommit } from "./name.ts";

export class Cached {
  readonly folder: string;

  constructor(cacheDir: string, name: string) {
    this.folder = path.join(cacheDir, folderName(name));
  }

  snapshot(commit: string): string {
    return path.join(this.folder, "snapshots", commit);
  }

  blob(name: string): string {
    return path.join(this.folder, "blobs", name);
  }

  /** The commit that a revision was when it was fetched. */
  async readRef(revision: string): Promise<string | undefined> {
    const commit = await readFile(path.join(this.folder, "refs", ...revision.split("/")), "utf8").catch(
      () => "",
    );
    return isCommit(commit) ? commit : undefined;
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if (isCommit(revision) || (await this.readRef(revision)) === commit) return;
    await writeWhole(path.join(this.folder, "refs", ...revision.split("/")), commit); // no line end: Python reads it as it is
  }

  /** What a commit holds, as Cloze or Python's `snapshot_download` noted it. */
  async readListing(commit: string): Promise<HubFile[] | undefined> {
    for (const notes of [".cloze", "trees"]) {
      const text = await readFile(path.join(this.folder, notes, `${commit}.json`), "utf8").catch(() => "");
      const listing = parseListing(text);
      if (listing) return listing;
    }
    return undefined;
  }

  /** In Python's form, but not in its place: there it says that all of these files are to be in the snapshot. */
  async writeListing(commit: string, listing: readonly HubFile[]): Promise<void> {
    const files = Object.fromEntries(
      listing.map(({ path: file, size, blob }) => [file, { size, blob_id: blob }]),
    );
    await writeWhole(
      path.join(this.folder, ".cloze", `${commit}.json`),
      JSON.stringify({ format_version: 1, files }, null, 1),
    );
  }

  /** Whether a snapshot has a file, and all of it. */
  async has(commit: string, { path: file, size }: HubFile): Promise<boolean> {
    return (await sizeOf(path.join(this.snapshot(commit), file))) === size;
  }

  /** Puts a blob into a snapshot: a link relative to it, or a copy where there are no links. */
  async link(commit: string, { path: file, blob }: HubFile, links: boolean): Promise<void> {
    const place = path.join(this.snapshot(commit), file);
    await mkdir(path.dirname(place), { recursive: true });
    await putInPlace(place, async (beside) => {
      const target = path.relative(path.dirname(place), this.blob(blob));
      if (
        links &&
        (await symlink(target, beside, "file").then(
          () => true,
          () => false,
        ))
      )
        return;
      await copyFile(this.blob(blob), beside);
    });
  }
}

export function folderName(name: string): string {
  return `models--${name.replace("/", "--")}`;
}

/** A file's size, through links; nothing where there is none. */
export async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

function parseListing(text: string): HubFile[] | undefined {
  try {
    const { format_version, files } = JSON.parse(text) as {
      readonly format_version: unknown;
      readonly files: Readonly<
        Record<string, { size: number; blob_id: string; lfs_sha256?: string; lfs_size?: number }>
      >;
    };
    if (format_version !== 1) return undefined;
    return Object.entries(files).flatMap(([file, { size, blob_id, lfs_sha256, lfs_size }]) =>
      hubFile(file, lfs_size ?? size, lfs_sha256 ?? blob_id),
    );
  } catch {
    return undefined; // none, or one cut short: it is asked for again
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await putInPlace(file, (beside) => writeFile(beside, text));
}

/** Makes a file beside its place and renames it: whoever looks sees the old one or the new one. */
async function putInPlace(place: string, make: (beside: string) => Promise<void>): Promise<void> {
  const beside = `${place}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    await make(beside);
    await rename(beside, place);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
