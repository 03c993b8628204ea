/**
 * A session in a browser: ONNX Runtime in a worker of its own, on WebGPU or in WebAssembly, so that the page stays live.
 */
import { aborted, ClozeError, throwIfAborted } from "@cloze/core";
import type { Feeds, FloatTensor, RunOptions, Session } from "@cloze/core";
import type { Request } from "../ort/protocol.ts";
import { expectRun, give, settle, wait } from "../ort/waiting.ts";
import type { Waiter } from "../ort/waiting.ts";
import { cpuLength, wireLength } from "../remote/buckets.ts";
import type { Device, Lost, SessionWorker, Start, WebReply } from "./protocol.ts";

/** What a session is made of. */
export interface WebSessionParts {
  readonly device: Device;
  readonly outputs: readonly string[];
  readonly maxLength: number;
  /** Makes what a worker is started with; a new one where the device is lost. */
  readonly start: () => Promise<Start>;
  /** Whether the weights' bytes are nobody else's, so that they are given away rather than copied. */
  readonly ownsWeights: boolean;
  readonly worker: () => SessionWorker;
}

export class WebSession implements Session {
  readonly outputs: readonly string[];
  readonly tokensPerRun: number;
  readonly #parts: WebSessionParts;
  readonly #waiting: Waiter[] = [];
  #worker: SessionWorker | undefined;
  /** Since the device was lost: what is to be asked again of the next. */
  #again: { readonly request: Request; readonly waiter: Waiter }[] | undefined;
  #answeredSince = true;
  #closed: ClozeError | undefined;

  private constructor(parts: WebSessionParts) {
    this.#parts = parts;
    this.outputs = parts.outputs;
    this.tokensPerRun = parts.device === "webgpu" ? 2048 : 512;
  }

  /**
   * Makes a session.
   *
   * @param signal Gives up its making; a session that is there is disposed instead.
   * @throws ClozeError `invalid-model` when ONNX Runtime refuses the model, `unsupported` without enough memory,
   *   `aborted`, and what `start` throws.
   */
  static async create(parts: WebSessionParts, signal?: AbortSignal): Promise<WebSession> {
    const session = new WebSession(parts);
    const giveUp = (): void => session.#close(aborted(signal!));
    signal?.addEventListener("abort", giveUp);
    try {
      throwIfAborted(signal);
      await session.#begin();
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Shapes are free in WebAssembly; on WebGPU each new one compiles shaders. */
  paddedLength(length: number): number {
    const { device, maxLength } = this.#parts;
    if (device === "wasm") return cpuLength(length, maxLength);
    return wireLength(length, maxLength);
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
    if (!this.#again) {
      give(feeds, (buffers) => this.#worker!.postMessage(request, buffers));
      return wait(this.#waiting, options);
    }
    const line: Waiter[] = [];
    const answer = wait(line, options);
    this.#again.push({ request, waiter: line[0] });
    return answer;
  }

  /** Ends the worker, whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close(new ClozeError("disposed", "The model was closed: load it again."));
  }

  /** Starts a worker, and waits until its session is there. */
  async #begin(): Promise<void> {
    const start = await this.#parts.start();
    if (this.#closed) throw this.#closed;
    const worker = this.#parts.worker();
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<WebReply>) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.#close(
        new ClozeError(
          "internal",
          `The session's worker failed (${event.message || "its script cannot be loaded"}): see that the bundler wrote it, and that the page's CSP lets it run.`,
        ),
      );
    };
    const opened = wait(this.#waiting, {});
    const given = this.#parts.ownsWeights ? start.weights.map(({ data }) => data.buffer) : [];
    worker.postMessage(start, given);
    await opened;
  }

  #hear(reply: WebReply): void {
    const waiter = this.#waiting.shift();
    if ("lost" in reply) {
      if (waiter) this.#lose(reply, waiter);
    } else {
      this.#answeredSince ||= "outputs" in reply && Object.keys(reply.outputs).length > 0;
      settle(waiter, reply);
    }
  }

  /** Every request comes back from a lost device; when the last has, they are made on a new one, once. */
  #lose({ lost, request }: Lost, waiter: Waiter): void {
    this.#again ??= [];
    this.#again.push({ request, waiter });
    if (this.#waiting.length > 0) return;
    this.#worker?.terminate();
    if (this.#answeredSince) void this.#recover(lost);
    else
      this.#close(
        new ClozeError(
          "unsupported",
          `The graphics device was lost twice in a row (${lost}): load the model with the device wasm.`,
        ),
      );
  }

  async #recover(lost: string): Promise<void> {
    this.#answeredSince = false;
    try {
      await this.#begin();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `The graphics device was lost (${lost}), and there is no other: ${why}`;
      return this.#close(new ClozeError("unsupported", message, { cause }));
    }
    const again = this.#again ?? [];
    this.#again = undefined;
    for (const { request, waiter } of again) {
      this.#waiting.push(waiter);
      give(request.feeds, (buffers) => this.#worker?.postMessage(request, buffers));
    }
  }

  #close(reason: ClozeError): void {
    this.#closed ??= reason;
    this.#worker?.terminate();
    const again = this.#again?.splice(0) ?? [];
    for (const { reject } of [...this.#waiting.splice(0), ...again.map(({ waiter }) => waiter)])
      reject(this.#closed);
  }
}
