/**
 * A session on this machine's CPU: ONNX Runtime in a thread of its own, requests first in, first out.
 */
import { Worker } from "node:worker_threads";
import { ClozeError } from "@cloze/core";
import type { Feeds, FloatTensor, RunOptions, Session } from "@cloze/core";
import type { Reply, Request, Start } from "./protocol.ts";

interface Waiting {
  readonly resolve: (outputs: Record<string, FloatTensor>) => void;
  readonly reject: (error: ClozeError) => void;
}

export class NodeSession implements Session {
  readonly outputs: readonly string[];
  /** Of 256 to 4096, 256 and 512 took the least CPU time for the starter; 4096 took 1.6x as much. */
  readonly tokensPerRun = 512;
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #closed: ClozeError | undefined;

  private constructor(worker: Worker, outputs: readonly string[]) {
    this.#worker = worker;
    this.outputs = outputs;
    worker.on("message", (reply: Reply) => this.#settle(reply));
    worker.on("error", (cause) =>
      this.#close(new ClozeError("internal", `The session's thread died: ${cause.message}`, { cause })),
    );
    worker.on("exit", () => this.#close(new ClozeError("internal", "The session's thread ended.")));
  }

  /**
   * Makes a session.
   *
   * @throws ClozeError `invalid-model` when ONNX Runtime refuses the model.
   */
  static async create(start: Start, outputs: readonly string[]): Promise<NodeSession> {
    const worker = new Worker(new URL("./session-thread.js", import.meta.url), {
      workerData: start,
      name: "cloze-session",
    });
    const session = new NodeSession(worker, outputs);
    await new Promise((resolve, reject) => session.#waiting.push({ resolve, reject }));
    worker.unref(); // an idle model keeps no program alive; a running request does
    return session;
  }

  /** Shapes are free on CPU; multiples of 8 suit its vector units. */
  paddedLength(length: number): number {
    return Math.ceil(length / 8) * 8;
  }

  async run(
    feeds: Feeds,
    outputs: readonly string[],
    { signal }: RunOptions = {},
  ): Promise<Record<string, FloatTensor>> {
    if (this.#closed) throw this.#closed;
    if (signal?.aborted)
      throw new ClozeError("aborted", "The caller aborted the request.", { cause: signal.reason });
    for (const name of outputs)
      if (!this.outputs.includes(name))
        throw new ClozeError(
          "invalid-option",
          `There is no output named ${name}; there are ${this.outputs.join(", ")}.`,
        );
    const request: Request = { feeds, outputs };
    const buffers = Object.values(feeds).map(({ data }) => data.buffer);
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(
        request,
        buffers.filter((buffer) => buffer instanceof ArrayBuffer),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close(new ClozeError("disposed", "The model was closed: load it again."));
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if ("error" in reply) waiting?.reject(new ClozeError(reply.error.code, reply.error.message));
    else waiting?.resolve(reply.outputs);
  }

  #close(reason: ClozeError): void {
    this.#closed ??= reason;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closed);
  }
}
