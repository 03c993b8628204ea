/**
 * `manifest.json`: what a run was made from, so that it can be made again: command, configuration, seeds, versions, the
 * hashes of the data, the machine. No names of hosts or of users: a home folder is written `~`.
 */
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { ClozeError, throwIfAborted } from "@cloze/core";
import type { Abort } from "@cloze/core";
import type { Json } from "../train-step.ts";
import { reasonOf } from "./whole-file.ts";

/** What a run is made from, as its recipe says it. */
export interface RunDescription {
  /** As it was typed. */
  readonly command: string;
  /** The whole configuration, defaults filled in. Files are data: the place where they lie is no option. */
  readonly options: Readonly<Record<string, Json>>;
  readonly seeds: readonly number[];
  /** Of what takes part beside Cloze and Node: `{ onnxruntime: "1.30.0" }`. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  /** The files that are learned from. */
  readonly data: readonly DataFile[];
}

/** A file that is learned from. */
export interface DataFile {
  readonly file: string;
  readonly rows?: number | undefined;
}

/** A file that is learned from, and what was in it. */
export interface HashedFile extends DataFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** What `manifest.json` says. */
export interface Manifest extends RunDescription {
  readonly versions: Readonly<Record<string, string>>;
  readonly data: readonly HashedFile[];
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    /** In bytes. */
    readonly memory: number;
    readonly platform: string;
  };
  /** When the run was begun, as ISO 8601 has it. */
  readonly started: string;
}

/** The manifest of a run on this machine. The files are read through for their hashes. */
export async function describeRun(description: RunDescription, signal?: Abort): Promise<Manifest> {
  const data: HashedFile[] = [];
  for (const file of description.data) data.push(await hashFile(file, signal));
  const own = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const { command, options, seeds, versions } = description;
  return withoutHome({
    command,
    options,
    seeds,
    versions: {
      cloze: own.version,
      node: process.versions.node,
      ...versions,
      os: `${os.type()} ${os.release()}`,
    },
    data,
    machine: {
      cpu: os.cpus()[0]?.model.trim() ?? "unknown",
      cores: os.availableParallelism(),
      memory: os.totalmem(),
      platform: `${process.platform} ${process.arch}`,
    },
    started: new Date(performance.timeOrigin + performance.now()).toISOString(),
  });
}

async function hashFile({ file, rows }: DataFile, signal: Abort | undefined): Promise<HashedFile> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(1 << 20);
  let bytes = 0;
  try {
    await using handle = await open(file);
    for (;;) {
      throwIfAborted(signal);
      const { bytesRead } = await handle.read(chunk);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } catch (cause) {
    if (cause instanceof ClozeError) throw cause;
    throw new ClozeError(
      "not-found",
      `The data file ${file} cannot be read (${reasonOf(cause)}): put it back.`,
      {
        cause,
        field: "data",
      },
    );
  }
  return { file, bytes, sha256: hash.digest("hex"), ...(rows !== undefined && { rows }) };
}

function withoutHome<T>(value: T): T {
  const home = os.homedir();
  if (home.length < 2) return value;
  const hide = (text: string): string =>
    text.replaceAll(home, (found, at: number) =>
      /^[\w.-]/.test(text.slice(at + found.length)) ? found : "~",
    );
  return JSON.parse(JSON.stringify(value), (_, one: unknown) =>
    typeof one === "string" ? hide(one) : one,
  ) as T;
}

/**
 * Sees that a run that is resumed is the one that was begun.
 *
 * @returns What may change the bytes though the run is the same: other versions, another machine; one sentence.
 * @throws {ClozeError} `invalid-option` when its configuration or its data differ, with all differences, one a line.
 */
export function compareManifests(folder: string, begun: Manifest, now: Manifest): string | undefined {
  const differences = [
    ...differ({ ...begun.options, seeds: begun.seeds }, { ...now.options, seeds: now.seeds }),
    ...differData(begun.data, now.data),
  ];
  if (differences.length > 0)
    throw new ClozeError(
      "invalid-option",
      `${folder} holds another run, so that it cannot be resumed with this one's configuration: ` +
        `give what it was begun with, or another folder.\n${differences.map((one) => `  ${one}`).join("\n")}`,
      { field: "resume" },
    );
  const surroundings = (manifest: Manifest) => ({ ...manifest.versions, ...manifest.machine });
  const changed = differ(surroundings(begun), surroundings(now));
  return changed.length === 0
    ? undefined
    : `The run was begun elsewhere, its numbers may differ in the last digits (${changed.join("; ")}).`;
}

function differ(begun: Json, now: Json): string[] {
  const [before, after] = [flatten(begun), flatten(now)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => before.get(key) !== after.get(key))
    .map(
      (key) => `${key}: ${before.get(key) ?? "nothing"} in the folder, ${after.get(key) ?? "nothing"} now`,
    );
}

/** Values as JSON, by keys such as `schedule.warmup`. A list is one value. */
export function flatten(value: Json, key = "", into = new Map<string, string>()): Map<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return into.set(key, JSON.stringify(value));
  for (const [name, one] of Object.entries(value)) flatten(one, key === "" ? name : `${key}.${name}`, into);
  return into;
}

/** Files may have moved, as long as the same bytes come in the same order. */
function differData(begun: readonly HashedFile[], now: readonly HashedFile[]): string[] {
  const hashes = (files: readonly HashedFile[]) => files.map(({ sha256 }) => sha256).join();
  if (hashes(begun) === hashes(now)) return [];
  const before = new Map(begun.map((file) => [file.file, file]));
  const after = new Map(now.map((file) => [file.file, file]));
  const lines = [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [old, own] = [before.get(name), after.get(name)];
    if (old === undefined) return [`${name}: not among the data in the folder, among them now`];
    if (own === undefined) return [`${name}: among the data in the folder, missing now`];
    if (old.sha256 === own.sha256) return [];
    return [`${name}: changed since (${old.bytes} bytes in the folder, ${own.bytes} now; its hash differs)`];
  });
  return lines.length > 0 ? lines : ["data: the same files in another order"];
}

/**
 * Reads a run's manifest.
 *
 * @throws {ClozeError} `invalid-model` when it is damaged, or something else's.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = path.join(folder, MANIFEST);
  try {
    const manifest = JSON.parse(await readFile(file, "utf8")) as Partial<Manifest> | null;
    if (!manifest?.options || !manifest.seeds || !Array.isArray(manifest.data))
      throw new Error("it is of no run");
    return manifest as Manifest;
  } catch (cause) {
    throw new ClozeError(
      "invalid-model",
      `${file} cannot be read (${reasonOf(cause)}): begin the run in another folder.`,
      {
        cause,
      },
    );
  }
}

export const MANIFEST = "manifest.json";
