/**
 * A run's folder on a disk: `manifest.json`, `metrics.jsonl` and `checkpoints/`. It sees that a run is begun in a folder
 * of its own and resumed as it was begun; the files' forms are the affair of `manifest.ts` and `checkpoint.ts`.
 */
import { writeSync } from "node:fs";
import { mkdir, open, readdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { ClozeError } from "@cloze/core";
import type { Abort } from "@cloze/core";
import type { TrainState, TrainStep } from "../train-step.ts";
import {
  checkpointName,
  listCheckpoints,
  loadCheckpoint,
  pruneCheckpoints,
  removeLeftovers,
  saveCheckpoint,
} from "./checkpoint.ts";
import { compareManifests, describeRun, MANIFEST, readManifest } from "./manifest.ts";
import type { RunDescription } from "./manifest.ts";
import type { Checkpoint, LogLine, RunStore } from "./store.ts";
import { reasonOf, RESUME, unwritable, writeWhole } from "./whole-file.ts";

const CHECKPOINTS = "checkpoints";
/** The log of a run. */
export const METRICS = "metrics.jsonl";

/** How a run is opened. */
export interface RunOptions extends RunDescription {
  /** Goes on with the run that is in the folder; in an unused folder one is begun. */
  readonly resume?: boolean | undefined;
  /** How many checkpoints are kept, beside the best. Default 3. */
  readonly keep?: number | undefined;
  /** Told what does not stop the run: a damaged checkpoint that is passed over, another machine. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Ends the hashing of the data. */
  readonly signal?: Abort | undefined;
}

/**
 * Begins a run in a folder, or goes on with the one that is there.
 *
 * @throws {ClozeError} `invalid-option` when the folder is used and `resume` is not given, when it holds another run or
 * none, and when it cannot be written; `not-found` for data that are not there.
 *
 * @example
 * await using run = await openRun("models/new", {
 *   command: "cloze finetune --out models/new",
 *   options: { rate: 5e-5 },
 *   seeds: [1],
 *   data: [],
 * });
 * await train({ step, data, steps: 20, rate: () => 5e-5, store: run });
 */
export async function openRun(folder: string, options: RunOptions): Promise<RunFolder> {
  const { resume = false, keep = 3, onWarning = () => {}, signal } = options;
  if (!Number.isSafeInteger(keep) || keep < 1)
    throw new ClozeError("invalid-option", `keep should be a whole number from 1, not ${keep}.`, {
      field: "keep",
    });
  const names = await namesIn(folder);
  const used = names.length > 0;
  const complaint = used && !resume ? "is in use: resume the run in it, or" : "holds no run to resume:";
  if (used && !(resume && names.includes(MANIFEST)))
    throw new ClozeError("invalid-option", `${folder} ${complaint} choose another folder.`, { field: "out" });

  const manifest = await describeRun(options, signal);
  if (used) {
    const warning = compareManifests(folder, await readManifest(folder), manifest);
    if (warning !== undefined) onWarning(warning);
  } else {
    if (resume) onWarning(`There is no run in ${folder} yet: it begins.`);
    await makeFolder(folder);
    await writeWhole(path.join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  }
  await removeLeftovers(folder);
  await removeLeftovers(path.join(folder, CHECKPOINTS));
  const file = path.join(folder, METRICS);
  const log = await open(file, "a").catch((cause: unknown) => Promise.reject(unwritable(file, cause)));
  return new RunFolder(folder, log, keep, onWarning);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** Hidden files are nobody's run. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith("."));
  } catch (cause) {
    if (reasonOf(cause) === "ENOENT") return [];
    throw new ClozeError(
      "invalid-option",
      `${folder} is no folder to write to (${reasonOf(cause)}): choose another.`,
      {
        cause,
        field: "out",
      },
    );
  }
}

/**
 * A run that is open: its log can be written.
 *
 * @example
 * await using run = await openRun("models/other", { command: "", options: {}, seeds: [1], data: [] });
 * run.checkpointAt(500); // "models/other/checkpoints/step-000500"
 */
export class RunFolder implements RunStore, AsyncDisposable {
  readonly location: string;
  readonly #checkpoints: string;
  readonly #log: FileHandle;
  readonly #keep: number;
  readonly #warn: (message: string) => void;

  /** Made by `openRun`. */
  constructor(folder: string, log: FileHandle, keep: number, warn: (message: string) => void) {
    this.location = folder;
    this.#checkpoints = path.join(folder, CHECKPOINTS);
    this.#log = log;
    this.#keep = keep;
    this.#warn = warn;
  }

  checkpointAt(steps: number): string {
    return path.join(this.#checkpoints, checkpointName(steps));
  }

  /** Whether there is a checkpoint, be it damaged. */
  async isSaved(): Promise<boolean> {
    return (await listCheckpoints(this.#checkpoints)).length > 0;
  }

  async load(): Promise<Checkpoint | undefined> {
    const steps = await listCheckpoints(this.#checkpoints);
    for (const one of steps.toReversed()) {
      try {
        const { logBytes, ...checkpoint } = await loadCheckpoint(this.#checkpoints, one);
        await this.#cutLog(logBytes);
        return checkpoint;
      } catch (error) {
        if (!(error instanceof ClozeError) || error.code !== "invalid-model") throw error;
        this.#warn(`${error.message} It is passed over.`);
      }
    }
    if (steps.length > 0)
      throw new ClozeError(
        "invalid-model",
        `No checkpoint in ${this.#checkpoints} is whole: begin the run again in another folder.`,
      );
    await this.#cutLog(0);
    return undefined;
  }

  async loadState(steps: number): Promise<TrainState> {
    return (await loadCheckpoint(this.#checkpoints, steps)).state;
  }

  async save(checkpoint: Checkpoint, shapes: TrainStep["shapes"]): Promise<void> {
    await this.#log.sync().catch((cause: unknown) => Promise.reject(this.#unwritableLog(cause))); // its lines count
    const { size: logBytes } = await this.#log.stat();
    await saveCheckpoint(this.#checkpoints, { ...checkpoint, logBytes }, shapes);
    await pruneCheckpoints(this.#checkpoints, checkpoint.progress.steps, this.#keep);
  }

  log(line: LogLine): void {
    let bytes: Uint8Array = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#log.fd, bytes));
    } catch (cause) {
      throw this.#unwritableLog(cause);
    }
  }

  #unwritableLog(cause: unknown): ClozeError {
    return unwritable(path.join(this.location, METRICS), cause, RESUME);
  }

  async #cutLog(bytes: number): Promise<void> {
    if ((await this.#log.stat()).size < bytes)
      this.#warn(`${path.join(this.location, METRICS)} has lost lines: its curves will have a gap.`);
    else await this.#log.truncate(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#log.close();
  }
}
