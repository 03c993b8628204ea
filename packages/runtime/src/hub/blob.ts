/**
 * Fetching one blob: from where a broken attempt left off, checked against its name, put in place whole.
 *
 * A blob is named by its content, so whoever writes it writes the same bytes at the same places: nothing is lost even
 * where two processes write one file. The lock is there to spare the second one the fetching.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ClozeError } from "@cloze/core";
import { sizeOf } from "./cached.ts";
import type { HubFile } from "./listing.ts";
import type { Remote } from "./remote.ts";

/** Attempts in a row that bring no byte. */
const ATTEMPTS = 5;
/** How long the bytes of a file may stop. */
const SILENCE_MS = 30_000;
/** A lock is touched each second; one that was not for this long is a killed process's. */
const ABANDONED_MS = 4000;

export interface BlobSource {
  readonly remote: Remote;
  readonly commit: string;
  readonly signal: AbortSignal | undefined;
  /** Called with the bytes that are there, first with those of an earlier attempt. */
  readonly onProgress: (loaded: number) => void;
}

/**
 * Fetches a file into `blob`, unless it is there.
 *
 * @throws ClozeError `server-unavailable`, `server-error` for content that is not what its name says, `aborted`.
 */
export async function fetchBlob(file: HubFile, blob: string, source: BlobSource): Promise<void> {
  if ((await sizeOf(blob)) === file.size) return;
  await mkdir(path.dirname(blob), { recursive: true });
  await using _lock = await lock(`${blob}.lock`, source.signal);
  if ((await sizeOf(blob)) === file.size) return; // fetched by another meanwhile
  const partial = `${blob}.incomplete`;
  for (;;) {
    const { resumed, name } = await complete(partial, file, source);
    if (name === file.blob) {
      await putInPlace(partial, blob, file); // while the lock is held
      return;
    }
    await rm(partial, { force: true });
    if (resumed) continue; // the part that was there may have been wrong: once more, from the start
    throw new ClozeError(
      "server-error",
      `${file.path} arrived damaged and was removed (it is not the content ${file.blob}): fetch it again, or see what stands between.`,
    );
  }
}

async function putInPlace(partial: string, blob: string, { size }: HubFile): Promise<void> {
  await rename(partial, blob).catch(async (error: unknown) => {
    if ((await sizeOf(blob)) !== size) throw error; // else another has done it
  });
}

/** Fetches what a partial file lacks. Returns what its content is called then. */
async function complete(
  partial: string,
  file: HubFile,
  source: BlobSource,
): Promise<{ readonly resumed: boolean; readonly name: string }> {
  await using handle = await open(partial, constants.O_RDWR | constants.O_CREAT);
  const before = (await handle.stat()).size;
  if (before > file.size) await handle.truncate(0);
  await receiveAll(handle, file, source);
  await handle.sync();
  return { resumed: before > 0, name: await nameOf(handle, file) };
}

/** Fetches to the end; a connection that breaks is made anew. */
async function receiveAll(handle: FileHandle, file: HubFile, source: BlobSource): Promise<void> {
  let { size } = await handle.stat();
  source.onProgress(size);
  for (let failures = 0; size < file.size;) {
    const from = size;
    const error = await receive(handle, file, from, source).catch((thrown: unknown) => thrown);
    ({ size } = await handle.stat());
    if (error !== undefined && !(error instanceof ClozeError && error.code === "server-unavailable"))
      throw error;
    if (size >= file.size) return;
    failures = size > from ? 0 : failures + 1;
    if (failures === ATTEMPTS) throw error ?? source.remote.unreachable(new Error("the file ends early"));
    await delay(150 * 2 ** failures, undefined, { signal: source.signal });
  }
}

async function receive(handle: FileHandle, file: HubFile, from: number, source: BlobSource): Promise<void> {
  const silence = new AbortController();
  const clock = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const { body, status } = await source.remote.get(source.commit, file.path, from, silence.signal);
    let position = status === 206 ? from : 0;
    for await (const chunk of body ?? []) {
      if (position > file.size) return; // it is not this file
      clock.refresh();
      await handle.write(chunk, 0, chunk.length, position);
      position += chunk.length;
      source.onProgress(position);
    }
  } catch (error) {
    const own = error instanceof ClozeError || (error instanceof Error && "syscall" in error);
    throw own ? error : source.remote.unreachable(error);
  } finally {
    clearTimeout(clock);
  }
}

/** What a file's content is called: its SHA-256, or the hash that git gives it. */
async function nameOf(handle: FileHandle, { blob, size }: HubFile): Promise<string> {
  const hash = blob.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  const chunk = new Uint8Array(1 << 18);
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** Waits until no other process has the lock, and takes it. */
async function lock(file: string, signal: AbortSignal | undefined): Promise<AsyncDisposable> {
  for (;;) {
    const taken = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    if (taken) {
      await taken.close();
      break;
    }
    const touched = (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
    const age = Math.abs(Date.now() - touched); // where the clock was set back, it may be of the future
    if (age > ABANDONED_MS) await rm(file, { force: true });
    else await delay(100, undefined, { signal });
  }
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), 1000).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(beat);
      await rm(file, { force: true });
    },
  };
}
