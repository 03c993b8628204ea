/**
 * Checkpoints on a disk: `step-000500/` with `state.safetensors` (weights and what the optimizer remembers) and
 * `state.json` (all else, and the hash of the former). A checkpoint is written beside its place and moved there when
 * the disk has it, so that whoever finds one finds all of it; names that begin with a dot are never taken for one.
 */
import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";
import { encodeSafetensors } from "@cloze/runtime/safetensors";
import type { NewTensor } from "@cloze/runtime/safetensors";
import type { Numbers, TrainState, TrainStep } from "../train-step.ts";
import type { Checkpoint } from "./store.ts";
import { reasonOf, RESUME, syncFolder, unwritable, writeThrough } from "./whole-file.ts";

/** A checkpoint, and how long the log was when it was made. */
export interface SavedCheckpoint extends Checkpoint {
  readonly logBytes: number;
}

/** What `state.json` says. */
interface StateJson extends Omit<SavedCheckpoint, "state"> {
  readonly state: { readonly steps: number; readonly bytes: number; readonly sha256: string };
}

const TENSORS = "state.safetensors";
const REST = "state.json";
/** How much is written at once. */
const CHUNK = 1 << 22;

/** The folder of a step's checkpoint. */
export function checkpointName(steps: number): string {
  return `step-${String(steps).padStart(6, "0")}`;
}

/**
 * Writes a checkpoint. The state passes through in chunks: no copy of it is made.
 *
 * @throws {ClozeError} `invalid-option` when it cannot be written; what was there before is whole, and nothing is left
 * of what was begun.
 */
export async function saveCheckpoint(
  folder: string,
  { state, ...rest }: SavedCheckpoint,
  shapes: TrainStep["shapes"],
): Promise<void> {
  const { steps } = rest.progress;
  const name = checkpointName(steps);
  const partial = path.join(folder, `.${name}.partial`);
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    const hash = createHash("sha256");
    let bytes = 0;
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of encodeSafetensors(tensorsOf(state, shapes))) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    };
    await writeThrough(path.join(partial, TENSORS), chunks());
    const json: StateJson = { ...rest, state: { steps: state.steps, bytes, sha256: hash.digest("hex") } };
    await writeThrough(path.join(partial, REST), [`${JSON.stringify(json, null, 2)}\n`]);
    await syncFolder(partial);
    await removeCheckpoint(folder, steps); // there only if it is damaged: the run went on from an earlier one
    await rename(partial, path.join(folder, name));
    await syncFolder(folder);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    if (cause instanceof ClozeError) throw cause;
    const last = (await listCheckpoints(folder)).at(-1);
    const kept =
      last === undefined ? "" : `, from ${path.join(folder, checkpointName(last))}, which is whole`;
    throw unwritable(path.join(folder, name), cause, `${RESUME}${kept}`);
  }
}

/** Weights as `weights/NAME`, then each of the optimizer's slots as `SLOT/NAME`. */
function tensorsOf({ weights, slots }: TrainState, shapes: TrainStep["shapes"]): NewTensor[] {
  return Object.entries({ weights, ...slots }).flatMap(([group, numbers]) =>
    [...shapes]
      .filter(([name]) => numbers.has(name))
      .map(([name, shape]) => ({
        name: `${group}/${name}`,
        dtype: "F32" as const,
        shape,
        chunks: () => chunksOf(numbers.get(name)!),
      })),
  );
}

function* chunksOf({ buffer, byteOffset, byteLength }: Float32Array): Generator<Uint8Array> {
  for (let at = 0; at < byteLength; at += CHUNK)
    yield new Uint8Array(buffer, byteOffset + at, Math.min(CHUNK, byteLength - at));
}

/**
 * Reads a checkpoint back.
 *
 * @throws {ClozeError} `invalid-model` when it is not whole, saying why.
 */
export async function loadCheckpoint(folder: string, steps: number): Promise<SavedCheckpoint> {
  const place = path.join(folder, checkpointName(steps));
  const damaged = (what: string, cause?: unknown) =>
    new ClozeError("invalid-model", `The checkpoint ${place} is damaged: ${what}.`, { cause });
  const { state, ...rest } = await readRest(place).catch((cause: unknown) => {
    throw damaged(`${REST} cannot be read (${reasonOf(cause)})`, cause);
  });
  if (rest.progress.steps !== steps) throw damaged(`${REST} is of step ${rest.progress.steps}`);
  const handle = await open(path.join(place, TENSORS)).catch((cause: unknown) => {
    throw damaged(`${TENSORS} cannot be read (${reasonOf(cause)})`, cause);
  });
  try {
    const { size } = await handle.stat();
    if (size !== state.bytes) throw damaged(`${TENSORS} has ${size} bytes, not ${state.bytes}`);
    if ((await hashOf(handle)) !== state.sha256)
      throw damaged(`${TENSORS} is not what was written (its hash differs)`);
    return { ...rest, state: { steps: state.steps, ...(await readTensors(handle)) } };
  } finally {
    await handle.close();
  }
}

async function readRest(place: string): Promise<StateJson> {
  const json = JSON.parse(await readFile(path.join(place, REST), "utf8")) as Partial<StateJson> | null;
  if (json?.state === undefined || json.progress === undefined || json.logBytes === undefined)
    throw new Error("it is not whole");
  return json as StateJson;
}

async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK);
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, at);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** The tensors of a file whose hash is right: its header is the one that was written. */
async function readTensors(handle: FileHandle): Promise<Pick<TrainState, "weights" | "slots">> {
  const length = new Uint8Array(8);
  await readInto(handle, length, 0);
  const header = new Uint8Array(Number(new DataView(length.buffer).getBigUint64(0, true)));
  await readInto(handle, header, 8);
  const { __metadata__: _, ...entries } = JSON.parse(new TextDecoder().decode(header)) as Record<
    string,
    { readonly data_offsets: readonly [number, number] }
  >;
  const groups = new Map<string, Map<string, Float32Array>>([["weights", new Map()]]);
  for (const [name, { data_offsets: range }] of Object.entries(entries)) {
    const cut = name.indexOf("/");
    const group = name.slice(0, cut);
    const values = new Float32Array((range[1] - range[0]) / 4);
    await readInto(handle, new Uint8Array(values.buffer), 8 + header.length + range[0]);
    if (!groups.has(group)) groups.set(group, new Map());
    groups.get(group)!.set(name.slice(cut + 1), values);
  }
  const { weights, ...slots } = Object.fromEntries<Numbers>(groups);
  return { weights, slots };
}

async function readInto(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(CHUNK, bytes.length - at), offset + at);
    if (bytesRead === 0) throw new ClozeError("internal", `${TENSORS} ends at byte ${offset + at}.`);
    at += bytesRead;
  }
}

/** The steps whose checkpoints are in a folder, in order. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => /^step-(\d{6,})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Removes all checkpoints but the last `keep` up to a step, and those of the evaluations that these call the best.
 * What is of a later step was damaged when the run went on from an earlier one.
 */
export async function pruneCheckpoints(folder: string, steps: number, keep: number): Promise<void> {
  const all = await listCheckpoints(folder);
  const last = all.filter((one) => one <= steps).slice(-keep);
  const kept = new Set(last);
  for (const one of last) {
    const rest = await readRest(path.join(folder, checkpointName(one))).catch(() => undefined);
    if (rest?.progress.best !== undefined) kept.add(rest.progress.best.steps);
  }
  for (const one of all) if (!kept.has(one)) await removeCheckpoint(folder, one);
}

/** Out of sight first: one that is half removed shall not be taken for one. */
async function removeCheckpoint(folder: string, steps: number): Promise<void> {
  const name = checkpointName(steps);
  const removed = path.join(folder, `.${name}.removed`);
  await rm(removed, { recursive: true, force: true });
  try {
    await rename(path.join(folder, name), removed);
  } catch (cause) {
    if (reasonOf(cause) === "ENOENT") return;
    throw cause;
  }
  await rm(removed, { recursive: true, force: true });
}

/** Removes what a program left that was ended in the middle of a save. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => /^\..*\.(partial|removed)$/.test(one)))
    await rm(path.join(folder, name), { recursive: true, force: true });
}
