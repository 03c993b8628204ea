/**
 * A model of the hub as a folder on this machine: from the cache where it is whole, from the network where it is not.
 */
import { existsSync } from "node:fs";
import { mkdir, statfs } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";
import { fetchBlob } from "./blob.ts";
import { Cached, sizeOf } from "./cached.ts";
import { chooseFiles } from "./listing.ts";
import type { HubFile } from "./listing.ts";
import { checkName, checkRevision, isCommit } from "./name.ts";
import { pullCommand, Remote, stopped } from "./remote.ts";
import { readSettings } from "./settings.ts";
import type { Hub, HubOptions } from "./settings.ts";

/** How far a file has come. */
export interface FetchProgress {
  /** The file's path in the model. */
  readonly file: string;
  /** Its bytes that are there; those of an earlier attempt come with the first call. */
  readonly loaded: number;
  readonly total: number;
}

/** What is fetched of a model, and from where. */
export interface FetchOptions extends HubOptions {
  /** A branch, a tag or a commit; `main` by default. */
  readonly revision?: string | undefined;
  /** Weights to fetch instead of `model.safetensors`, such as `onnx/model_quantized.onnx`. */
  readonly files?: readonly string[] | undefined;
  /** Whether to ask the hub what the revision is now. Otherwise what the cache has of it is used. */
  readonly update?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/**
 * Makes a model of the hub a folder on this machine, in the cache that Python's huggingface_hub and Cloze share.
 *
 * What is there is not fetched again, and when all is there the network is not used. What breaks off goes on from
 * there next time; every file is checked against its hash.
 *
 * @param name `org/name`, or `name`.
 * @returns The folder's path.
 * @throws ClozeError `not-found`, `server-unavailable` without a network, `server-error` for content that is not what
 *   its hash says, `unsupported` for weights in another form, `aborted`, `invalid-option` for a name, a token, a cache
 *   that cannot be used.
 *
 * @example
 * const folder = await fetchModel("google-bert/bert-base-uncased");
 * await using bert = await load(folder);
 */
export async function fetchModel(name: string, options: FetchOptions = {}): Promise<string> {
  const { revision = "main", files, update = false, signal } = options;
  checkName(name);
  checkRevision(revision);
  const hub = await readSettings(options);
  const cached = new Cached(hub.cacheDir, name);
  const known = isCommit(revision) ? revision : await cached.readRef(revision);
  const remote = new Remote(hub, name, revision, signal);
  try {
    signal?.throwIfAborted();
    if (hub.offline) throw offline(hub, name, revision);
    const commit = (update ? undefined : known) ?? (await remote.commit());
    const listing = (await cached.readListing(commit)) ?? (await ask(remote, cached, commit));
    const missing: HubFile[] = [];
    for (const file of chooseFiles(name, listing, files))
      if (!(await cached.has(commit, file))) missing.push(file);
    if (missing.length > 0) await checkSpace(missing, cached, hub.cacheDir);
    for (const file of missing)
      await fetchBlob(file, cached.blob(file.blob), {
        remote,
        commit,
        signal,
        onProgress: (loaded) => options.onProgress?.({ file: file.path, loaded, total: file.size }),
      });
    for (const file of missing) await cached.link(commit, file, hub.links); // now that all are there
    await cached.writeRef(revision, commit);
    return cached.snapshot(commit);
  } catch (error) {
    if (signal?.aborted) throw stopped(name, signal);
    if (!(error instanceof ClozeError)) throw diskError(error, hub.cacheDir);
    const refused =
      error.code === "server-unavailable" || error.code === "not-found" || error.field === "token";
    if (refused && !update && known && canBeRead(cached.snapshot(known), files))
      return cached.snapshot(known);
    throw error;
  }
}

async function ask(remote: Remote, cached: Cached, commit: string): Promise<HubFile[]> {
  const listing = await remote.list(commit);
  await cached.writeListing(commit, listing).catch(() => {}); // a cache that may only be read still serves
  return listing;
}

/** Whether a snapshot that nobody vouches for as whole holds a model. What it lacks, who reads it says. */
function canBeRead(snapshot: string, files: readonly string[] | undefined): boolean {
  const has = (file: string): boolean => existsSync(path.join(snapshot, file));
  const weights = [
    "model.safetensors",
    "model.safetensors.index.json",
    "onnx/model.onnx",
    "model.onnx",
    "pytorch_model.bin",
  ];
  return has("config.json") && (files ? files.every(has) : weights.some(has));
}

function offline({ cacheDir }: Hub, name: string, revision: string): ClozeError {
  return new ClozeError(
    "not-found",
    `${name} is not in ${cacheDir} and the network is switched off (HF_HUB_OFFLINE): run "${pullCommand(name, revision)}" ` +
      "on a machine with a network and copy its folder there, or give the path of a model folder.",
  );
}

async function checkSpace(missing: readonly HubFile[], cached: Cached, cacheDir: string): Promise<void> {
  let needed = 0;
  for (const { blob, size } of missing)
    needed +=
      size - ((await sizeOf(`${cached.blob(blob)}.incomplete`)) ?? (await sizeOf(cached.blob(blob))) ?? 0);
  await mkdir(cacheDir, { recursive: true });
  const { bavail, bsize } = await statfs(cacheDir);
  if (needed > bavail * bsize)
    throw full(cacheDir, `${megabytes(needed)} are needed and ${megabytes(bavail * bsize)} are free`);
}

function full(cacheDir: string, why: string, cause?: unknown): ClozeError {
  return new ClozeError(
    "invalid-option",
    `The disk of ${cacheDir} is full (${why}): make room, or set HF_HUB_CACHE to a folder on another.`,
    { field: "cacheDir", cause },
  );
}

/** An error of the file system as a sentence; any other as it is. */
function diskError(error: unknown, cacheDir: string): unknown {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return error;
  const code = String(error.code);
  if (code === "ENOSPC" || code === "EDQUOT") return full(cacheDir, code, error);
  return new ClozeError(
    "invalid-option",
    `${cacheDir} cannot be written (${code}): set HF_HUB_CACHE to a folder that can.`,
    { field: "cacheDir", cause: error },
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
