/**
 * A session on this machine's CPU: ONNX Runtime in a thread of its own, requests first in, first out.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ClozeError, throwIfAborted } from "@cloze/core";
import type { Feeds, FloatTensor, RunOptions, Session } from "@cloze/core";
import { CLOSE } from "../ort/protocol.ts";
import type { Reply, Request } from "../ort/protocol.ts";
import { expectRun, give, settle, untilAborted, wait } from "../ort/waiting.ts";
import type { Waiter } from "../ort/waiting.ts";
import { cpuLength, wireLength } from "../remote/buckets.ts";
import { BUSY, CLOSING } from "./protocol.ts";
import type { NodeDevice } from "./device.ts";
import type { Start, ThreadData } from "./protocol.ts";

/** What the model has: names of outputs, and positions. */
interface SessionShape {
  readonly outputs: readonly string[];
  readonly maxLength: number;
  /**
   * To what length rows are padded: a multiple of 8 by default; all there is (`full`), where a model takes no other;
   * not at all (`none`), where it cannot tell padding from words: one row is a batch then.
   */
  readonly padding?: "full" | "none" | undefined;
}

/** Sessions whose threads may be in native code when the process exits. */
const open = new Set<NodeSession>();

/** When WebGPU is free: two sessions that run at once there crash, whatever threads they are in. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * A model in ONNX Runtime, on this machine's CPU or GPU.
 *
 * @example
 * const session = await NodeSession.create(
 *   { model: toOnnx(graph, folder.tensors), folder: folder.files.location, threads: 1 },
 *   { outputs: [...graph.outputs.keys()], maxLength: config.maxPositions },
 * );
 * const { pooler_output } = await session.run(feeds, ["pooler_output"]);
 * pooler_output.dims; // [1, 384]
 * await session[Symbol.asyncDispose]();
 */
export class NodeSession implements Session {
  readonly outputs: readonly string[];
  readonly tokensPerRun: number;
  readonly #maxLength: number;
  readonly #padding: SessionShape["padding"];
  readonly #device: NodeDevice;
  readonly #worker: Worker;
  readonly #state: Int32Array<SharedArrayBuffer>;
  readonly #waiting: Waiter[] = [];
  readonly #ended: Promise<void>;
  #closed: ClozeError | undefined;

  private constructor(start: Start, { outputs, maxLength, padding }: SessionShape) {
    this.#maxLength = maxLength;
    this.#padding = padding;
    this.#device = start.device ?? "cpu";
    // Of 256 to 4096, 256 and 512 took the least CPU time for the starter; 4096 took 1.6x as much. A GPU wants more.
    this.tokensPerRun = padding === "none" ? 1 : this.#device === "cpu" ? 512 : 8192;
    this.outputs = outputs;
    this.#state = new Int32Array(new SharedArrayBuffer(8));
    const workerData: ThreadData = { ...start, state: this.#state };
    const worker = new Worker(new URL("./session-thread.js", import.meta.url), {
      workerData,
      name: "cloze-session",
      execArgv: [], // flags such as --input-type are the program's, and keep a thread from starting
    });
    this.#worker = worker;
    worker.on("message", (reply: Reply) => this.#settle(reply));
    worker.on("error", (cause) =>
      this.#close(new ClozeError("internal", `The session's thread died: ${cause.message}`, { cause })),
    );
    this.#ended = new Promise((resolve) => {
      worker.on("exit", () => {
        open.delete(this);
        this.#close(new ClozeError("internal", "The session's thread ended."));
        resolve();
      });
    });
    open.add(this);
  }

  /**
   * Makes a session.
   *
   * @throws ClozeError `invalid-model` when ONNX Runtime refuses the model.
   */
  static async create(start: Start, shape: SessionShape): Promise<NodeSession> {
    // ONNX Runtime reports to its makers unless it is told not to; the variable has to be set on the main thread.
    process.env.ORT_DISABLE_TELEMETRY ??= "1";
    const session = new NodeSession(start, shape);
    await new Promise((resolve, reject) => session.#waiting.push({ resolve, reject }));
    session.#worker.unref(); // an idle model keeps no program alive; a running request does
    return session;
  }

  /** Shapes are free on CPU, where multiples of 8 suit its vector units; a GPU compiles or tunes for each new one. */
  paddedLength(length: number): number {
    if (this.#padding === "full") return this.#maxLength;
    if (this.#padding === "none") return length;
    if (this.#device !== "cpu") return wireLength(length, this.#maxLength);
    return cpuLength(length, this.#maxLength);
  }

  async run(
    feeds: Feeds,
    outputs: readonly string[],
    options: RunOptions = {},
  ): Promise<Record<string, FloatTensor>> {
    if (this.#closed) throw this.#closed;
    throwIfAborted(options.signal);
    expectRun(feeds, outputs, this.outputs);
    const request: Request = { feeds, outputs };
    if (this.#device === "webgpu") return this.#inTurn(request, options);
    return this.#ask(request, options);
  }

  /** Runs when the device is free. Who gives up leaves; what runs by then ends all the same. */
  #inTurn(request: Request, options: RunOptions): Promise<Record<string, FloatTensor>> {
    const answer = turn.then(() => {
      if (this.#closed) throw this.#closed;
      throwIfAborted(options.signal);
      return this.#ask(request, {});
    });
    turn = answer.catch(() => (this.#closed ? this.#ended : undefined)); // what is disposed may be running still
    return untilAborted(answer, options);
  }

  #ask(request: Request, options: RunOptions): Promise<Record<string, FloatTensor>> {
    give(request.feeds, (buffers) => this.#worker.postMessage(request, buffers));
    this.#worker.ref();
    return wait(this.#waiting, options);
  }

  /** Begins nothing more, waits for what runs, and ends the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close(new ClozeError("disposed", "The model was closed: load it again."));
    this.#worker.ref();
    this.#worker.postMessage(CLOSE);
    await this.#ended;
  }

  /** Blocks until the thread is out of native code, and keeps it from going in again. */
  leaveNativeCode(): void {
    Atomics.store(this.#state, CLOSING, 1);
    Atomics.wait(this.#state, BUSY, 1, EXIT_TIMEOUT_MS);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0 && !this.#closed) this.#worker.unref();
    settle(waiting, reply);
  }

  #close(reason: ClozeError): void {
    this.#closed ??= reason;
    Atomics.store(this.#state, CLOSING, 1);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closed);
  }
}

/**
 * The threads of one run: what was asked for, or one a core and at most 8.
 *
 * @throws ClozeError `invalid-option`.
 */
export function countThreads(asked: number | undefined): number {
  const threads = asked ?? Math.min(availableParallelism(), 8);
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new ClozeError("invalid-option", `threads should be a positive whole number, but is ${threads}.`, {
    field: "threads",
  });
}

/** The longest that an exiting process waits for one run. */
const EXIT_TIMEOUT_MS = 60_000;

process.on("exit", () => {
  for (const session of open) session.leaveNativeCode();
});
