/**
 * The engine as the extension has it: started when it is first asked, ended when it has been idle for long, started
 * again when it was lost. What it does is the worker's matter (`engine-worker/`), where it lives the transport's.
 */
import { createBirpc } from "birpc";
import type { BirpcReturn } from "birpc";
import * as vscode from "vscode";
import type { RunOptions } from "@cloze/core";
import { Failure } from "./failure.ts";
import type {
  EngineInfo,
  EngineSide,
  HostSide,
  OpenOptions,
  Outcome,
  TaskArgs,
  TaskName,
  TaskResult,
} from "./protocol.ts";
import type { EnginePort, Transport } from "./transport.ts";

/** What an engine is started with. */
interface Start {
  readonly transport: Transport;
  readonly script: string;
  readonly options: Omit<OpenOptions, "script">;
  /** The model's folder. */
  readonly model: vscode.Uri;
  /** The folder of ONNX Runtime's files. */
  readonly runtime: vscode.Uri;
}

/** What the host has for the engine. */
export interface EngineHost {
  /** Says how to start, as the settings are now. */
  start(): Promise<Start>;
  readonly memory: vscode.Memento;
  readonly log: vscode.LogOutputChannel;
  /** Milliseconds of idleness after which the engine is ended; 0 for never. */
  idleTime(): number;
}

/** What the engine is doing. */
export type EngineState =
  | { readonly kind: "off" }
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly info: EngineInfo }
  | { readonly kind: "busy"; readonly info: EngineInfo }
  | { readonly kind: "failed"; readonly why: string };

interface Running {
  readonly rpc: BirpcReturn<EngineSide, HostSide>;
  readonly port: EnginePort;
  readonly transport: Transport;
  info: EngineInfo;
  /** Milliseconds from the start to being ready. */
  readonly startTime: number;
}

/** How long an engine may take to give up a task that was cancelled, in milliseconds; then it is ended. */
const GIVES_UP_WITHIN = 5000;
/** Timers of more milliseconds go off at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

export class Engine implements vscode.Disposable {
  readonly #host: EngineHost;
  readonly #changes = new vscode.EventEmitter<EngineState>();
  readonly onDidChange = this.#changes.event;
  #state: EngineState = { kind: "off" };
  #running: Promise<Running> | undefined;
  /** Ends what runs, or is being started. */
  #end: ((why: Failure) => void) | undefined;
  readonly #calls = new Map<number, { readonly run: RunOptions; readonly lost: (why: Failure) => void }>();
  #nextCall = 1;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(host: EngineHost) {
    this.#host = host;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** What runs, started if nothing does. */
  async info({ signal }: RunOptions = {}): Promise<
    EngineInfo & { readonly host: string; readonly startTime: number }
  > {
    const { info, transport, startTime } = await unlessAborted(() => this.#run(), signal);
    if (this.#calls.size === 0) this.#rest();
    return { ...info, host: transport.name, startTime };
  }

  /**
   * Runs a task. An engine that is lost meanwhile is started again, and asked again, once.
   *
   * @throws Failure with the engine's code, `aborted` among them.
   */
  async run<N extends TaskName>(name: N, args: TaskArgs<N>, run: RunOptions = {}): Promise<TaskResult<N>> {
    for (let again = false; ; again = true) {
      try {
        return await this.#ask(name, args, run);
      } catch (error) {
        if (run.signal?.aborted) throw Failure.cancelled();
        if (again || !(error instanceof Failure && error.code === "lost")) throw error;
        this.#host.log.warn(`${error.message} It is started again.`);
      }
    }
  }

  /** Ends the engine, and frees its memory; the next task starts another. */
  stop(why = vscode.l10n.t("The engine was stopped.")): void {
    if (this.#end) this.#end(new Failure("disposed", why));
    else if (this.#state.kind === "failed") this.#become({ kind: "off" }); // why it failed may be gone
  }

  /** Counts the time without work from now, as the settings are now. */
  restAnew(): void {
    if (this.#state.kind === "ready") this.#rest();
  }

  dispose(): void {
    this.stop();
    this.#changes.dispose();
  }

  async #ask<N extends TaskName>(name: N, args: TaskArgs<N>, run: RunOptions): Promise<TaskResult<N>> {
    const { rpc, info } = await unlessAborted(() => this.#run(), run.signal);
    if (run.signal?.aborted) throw Failure.cancelled(); // just now
    const call = this.#nextCall++;
    let patience: ReturnType<typeof setTimeout> | undefined;
    const cancel = (): void => {
      void rpc.cancel.asEvent(call);
      const late = new Failure("lost", vscode.l10n.t("The engine did not stop when it was told to."));
      patience = setTimeout(() => this.#end?.(late), GIVES_UP_WITHIN);
    };
    run.signal?.addEventListener?.("abort", cancel);
    try {
      const answer = await new Promise<Outcome<unknown>>((resolve, reject) => {
        this.#calls.set(call, { run, lost: reject });
        clearTimeout(this.#idle);
        this.#become({ kind: "busy", info });
        rpc.run(call, name, args).then(resolve, reject);
      });
      return valueOf(answer) as TaskResult<N>;
    } finally {
      clearTimeout(patience);
      run.signal?.removeEventListener?.("abort", cancel);
      this.#calls.delete(call);
      if (this.#calls.size === 0 && this.#state.kind === "busy") this.#rest();
    }
  }

  #run(): Promise<Running> {
    this.#running ??= this.#open();
    return this.#running;
  }

  async #open(): Promise<Running> {
    const begun = Date.now();
    let port: EnginePort | undefined;
    let over = false;
    let giveUp: (why: Failure) => void;
    const ended = new Promise<never>((_, reject) => (giveUp = reject));
    ended.catch(() => {}); // what is raced against it tells
    const end = (why: Failure): void => {
      if (over) return;
      over = true;
      clearTimeout(this.#idle);
      this.#end = this.#running = undefined;
      port?.end();
      this.#become(why.code === "disposed" ? { kind: "off" } : { kind: "failed", why: why.message });
      for (const { lost } of this.#calls.values()) lost(why);
      giveUp(why);
    };
    this.#end = end;
    this.#become({ kind: "starting" });
    try {
      const { transport, script, options, model, runtime } = await Promise.race([this.#host.start(), ended]);
      let hear: ((message: unknown) => void) | undefined;
      const starting = transport.start(script, {
        message: (message) => (over ? undefined : hear?.(message)), // some workers end a little later
        gone: (why) => end(new Failure("lost", vscode.l10n.t("The engine was lost: {0}.", why))),
      });
      const started = starting.then(
        (late) => {
          if (over) late.end();
          return (port = late);
        },
        (cause: unknown) => Promise.reject(notStarted(cause)),
      );
      const opened = await Promise.race([started, ended]);
      const rpc = createBirpc<EngineSide, HostSide>(this.#hostSide(opened, model, runtime), {
        post: (message) => opened.post(message),
        on: (listener) => (hear = listener),
        timeout: -1,
      });
      const info = valueOf(await Promise.race([rpc.open({ script, ...options }), ended]));
      const running: Running = { rpc, port: opened, transport, info, startTime: Date.now() - begun };
      for (const why of [info.fallback, ...info.refused]) if (why !== undefined) this.#host.log.warn(why);
      const { plugins, ...facts } = info;
      const said = { host: transport.name, startTime: running.startTime, ...facts };
      this.#host.log.info(
        `Engine: ${JSON.stringify(said)}; plugins: ${plugins.map(({ name }) => name).join(", ")}`,
      );
      this.#rest(info);
      return running;
    } catch (error) {
      const failure = Failure.of(error);
      end(failure);
      throw failure;
    }
  }

  /** Nothing to do: after a while of that, the engine is ended. */
  #rest(info = "info" in this.#state ? this.#state.info : undefined): void {
    if (info) this.#become({ kind: "ready", info });
    const time = this.#host.idleTime();
    clearTimeout(this.#idle);
    if (time > 0) this.#idle = setTimeout(() => this.stop(), Math.min(time, LONGEST_TIMEOUT));
  }

  #become(state: EngineState): void {
    this.#state = state;
    this.#changes.fire(state);
  }

  #hostSide(port: EnginePort, model: vscode.Uri, runtime: vscode.Uri): HostSide {
    return {
      read: (path) => told(() => port.contentOf(vscode.Uri.joinPath(model, path))),
      readRuntime: (name) => told(() => port.contentOf(vscode.Uri.joinPath(runtime, name))),
      recall: async (key) => this.#host.memory.get<string>(key),
      remember: async (key, value) => this.#host.memory.update(key, value),
      progress: (call, done, total) => this.#calls.get(call)?.run.onProgress?.({ done, total }),
      changed: (info) => this.#update(info),
      moved: (info, why) => {
        this.#host.log.warn(why);
        this.#update(info);
      },
    };
  }

  #update(info: EngineInfo): void {
    void this.#running?.then((running) => (running.info = info)).catch(() => {}); // whoever asked hears why
    if ("info" in this.#state) this.#become({ ...this.#state, info });
  }
}

/** What is waited for, unless it is cancelled: then it does not begin, or goes on and nobody waits. */
async function unlessAborted<T>(begin: () => Promise<T>, signal: RunOptions["signal"]): Promise<T> {
  if (signal?.aborted) throw Failure.cancelled();
  if (!signal) return begin();
  let cancel: (() => void) | undefined;
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => reject(Failure.cancelled());
    signal.addEventListener?.("abort", cancel);
  });
  try {
    return await Promise.race([begin(), cancelled]);
  } finally {
    signal.removeEventListener?.("abort", cancel!);
  }
}

function notStarted(cause: unknown): Failure {
  const message = vscode.l10n.t(
    "The engine could not be started: {0}. Try Cloze: Restart Engine, or another cloze.engine.host in the settings.",
    cause instanceof Error ? cause.message : String(cause),
  );
  return new Failure("unsupported", message, cause);
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!("error" in outcome)) return outcome.value; // a webview's messages leave out what is undefined
  throw new Failure(outcome.error.code, outcome.error.message);
}

async function told<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    const { code, message } = Failure.of(error);
    return { error: { code, message } };
  }
}
