/**
 * What the extension's host and the engine say to each other. Both sides are functions (birpc); a message crosses
 * workers and webviews, so it is plain: texts, numbers, lists, objects and typed arrays.
 */
import type { Plugin } from "@cloze/core";
import type { Adapter, Device } from "@cloze/runtime/web";
import type { Tasks } from "../engine-worker/tasks.ts";

/** What a call came to: errors lose their code on the way otherwise. */
export type Outcome<T> = { readonly value: T } | { readonly error: Fault };

/** An error, as it crosses. */
interface Fault {
  /** A code of `ClozeError`, or `internal`. */
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

/** What the engine does. */
export interface EngineSide {
  open(options: OpenOptions): Promise<Outcome<EngineInfo>>;
  /** Runs a task; `call` names it for progress and for `cancel`. */
  run(call: number, task: string, args: unknown): Promise<Outcome<unknown>>;
  cancel(call: number): void;
}

/** What the host does for the engine. */
export interface HostSide {
  /** A file of the model's folder; `files.json` says which there are. */
  read(path: string): Promise<Outcome<Content>>;
  /** A file of ONNX Runtime. */
  readRuntime(name: string): Promise<Outcome<Content>>;
  /** What was remembered of earlier runs, such as which device was faster. */
  recall(key: string): Promise<string | undefined>;
  remember(key: string, value: string): Promise<void>;
  progress(call: number, done: number, total: number): void;
  /** Plugins came or went. */
  changed(info: EngineInfo): void;
  /** The model runs elsewhere now. */
  moved(info: EngineInfo, why: string): void;
}

/** A file's bytes, or where the engine itself can fetch them. */
export type Content = { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly url: string };

/** How the engine starts. */
export interface OpenOptions {
  /** The engine's own script, which its session's worker is started from. */
  readonly script: string;
  /** Where the model lies, for messages. */
  readonly location: string;
  readonly device: Device | "auto";
  readonly precision: "auto" | "fp32" | "fp16";
  /** Plugins that were installed: `.cloze` files, by the plugins' names. */
  readonly plugins: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[];
}

/** What the engine is, and how it came up. */
export interface EngineInfo {
  readonly device: Device;
  readonly precision: string;
  /** Why it is not where it was wanted. */
  readonly fallback?: string;
  /** The graphics card, where the browser gives one. */
  readonly adapter?: Adapter;
  readonly model: {
    readonly name: string;
    readonly layers: number;
    readonly hiddenSize: number;
    readonly maxLength: number;
    /** SHA-256 of the weights. */
    readonly sha256: string;
  };
  readonly plugins: readonly PluginSummary[];
  /** Installed plugins that were refused, and why. */
  readonly refused: readonly string[];
  /** Milliseconds. */
  readonly timings: Readonly<Record<string, number>>;
}

/** A plugin as commands see it: `task` is the task that runs it. */
export interface PluginSummary extends Pick<
  Plugin,
  "name" | "title" | "version" | "labels" | "metrics" | "examples"
> {
  readonly task: TaskName;
}

/** A plugin that can be installed: what is told of it, and all of it as a `.cloze` file. */
export interface PluginFile extends PluginSummary, Pick<Plugin, "kind" | "encoder"> {
  /** Its README.md; empty where it has none. */
  readonly card: string;
  /** Bytes of the file. */
  readonly size: number;
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type TaskName = keyof Tasks;

/** What a task takes. */
export type TaskArgs<N extends TaskName> = Parameters<Tasks[N]>[1];

/** What a task gives. */
export type TaskResult<N extends TaskName> = Awaited<ReturnType<Tasks[N]>>;
