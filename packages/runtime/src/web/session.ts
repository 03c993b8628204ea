/**
 * A session in a browser: ONNX Runtime in a worker of its own, on WebGPU or in WebAssembly, so that the page stays live.
 *
 * Requests wait here, and the worker has one at a time. So it can end at any moment, because a device is lost or because
 * somebody gives up what runs, and the next worker goes on with the same line.
 */
import { aborted, ClozeError, throwIfAborted } from "@cloze/core";
import type { Feeds, FloatTensor, RunOptions, Session } from "@cloze/core";
import type { Request } from "../ort/protocol.ts";
import { expectRun, give, settle, untilAborted } from "../ort/waiting.ts";
import type { Waiter } from "../ort/waiting.ts";
import { cpuLength, wireLength } from "../remote/buckets.ts";
import { Link } from "./link.ts";
import { orWithoutMemory } from "./memory.ts";
import type { Device, Precision, SessionWorker, Start, WebReply } from "./protocol.ts";
import { inTurn } from "./turns.ts";

/** Where a session runs, and what its worker is started with there. */
export interface Place {
  readonly device: Device;
  readonly precision: Precision;
  /** Makes it anew for each worker: what is given away is not there any more. */
  readonly start: () => Promise<Start>;
}

/** What a session is made of. */
export interface WebSessionParts {
  readonly outputs: readonly string[];
  readonly maxLength: number;
  readonly place: Place;
  /** Where it goes on when the graphics card is lost for good; without, it ends. */
  readonly fallback?: Place | undefined;
  /** Told when it does. */
  readonly onFallback?: ((why: ClozeError) => void) | undefined;
  /** Whether the weights' bytes are nobody else's, so that they are given away rather than copied. */
  readonly ownsWeights: boolean;
  readonly worker: () => SessionWorker;
}

interface Asked extends Waiter {
  readonly request: Request;
  readonly signal: AbortSignal | undefined;
}

/** How long a run that nobody waits for may take until its worker is ended, in ms. Most runs are shorter. */
const PATIENCE_MS = 250;

/** How long nobody asks until a session counts as idle, in ms. */
const QUIET_MS = 500;

export class WebSession implements Session {
  readonly outputs: readonly string[];
  readonly #parts: WebSessionParts;
  readonly #line: Asked[] = [];
  #place: Place;
  #link: Link | undefined;
  #serving = false;
  /** Why the device was lost, until one has answered since. */
  #lost: string | undefined;
  #closed: ClozeError | undefined;
  /** Whoever waits for an end of the line. */
  #rest: (() => void) | undefined;
  /** How often the line has ended. */
  #rests = 0;

  private constructor(parts: WebSessionParts) {
    this.#parts = parts;
    this.#place = parts.place;
    this.outputs = parts.outputs;
  }

  /**
   * Makes a session.
   *
   * @param signal Gives up its making; a session that is there is disposed instead.
   * @throws ClozeError `invalid-model` when ONNX Runtime refuses the model, `unsupported` without enough memory,
   *   `aborted`, and what the place's `start` throws.
   */
  static async create(parts: WebSessionParts, signal?: AbortSignal): Promise<WebSession> {
    const session = new WebSession(parts);
    const giveUp = (): void => session.#close(aborted(signal!));
    signal?.addEventListener("abort", giveUp);
    try {
      throwIfAborted(signal);
      const refused = await session.#begin();
      if (refused) throw refused;
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  get device(): Device {
    return this.#place.device;
  }

  get precision(): Precision {
    return this.#place.precision;
  }

  get tokensPerRun(): number {
    return this.device === "webgpu" ? 2048 : 512;
  }

  /** Shapes are free in WebAssembly; on WebGPU each new one compiles shaders. */
  paddedLength(length: number): number {
    const { maxLength } = this.#parts;
    return this.device === "wasm" ? cpuLength(length, maxLength) : wireLength(length, maxLength);
  }

  async run(
    feeds: Feeds,
    outputs: readonly string[],
    options: RunOptions = {},
  ): Promise<Record<string, FloatTensor>> {
    if (this.#closed) throw this.#closed;
    throwIfAborted(options.signal);
    expectRun(feeds, outputs, this.outputs);
    const signal = options.signal instanceof AbortSignal ? options.signal : undefined;
    const answer = new Promise<Record<string, FloatTensor>>((resolve, reject) => {
      this.#line.push({ request: { feeds, outputs }, signal, resolve, reject });
    });
    void this.#serve();
    return untilAborted(answer, options);
  }

  /** Waits until something was answered and nobody has asked for half a second, or the session is closed. */
  async idle(): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => (this.#rest = resolve));
    let rests: number;
    do {
      rests = this.#rests;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    } while ((this.#serving || this.#rests !== rests) && !this.#closed);
  }

  /** Ends the worker, whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close(new ClozeError("disposed", "The model was closed: load it again."));
  }

  /** Answers all that wait, one after another. */
  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    while (this.#line.length > 0) {
      const [asked] = this.#line;
      try {
        if (asked.signal?.aborted || (await this.#answer(asked))) this.#line.shift();
      } catch (error) {
        // Of a session that is closed nobody waits any more, and who gave up has left.
        if (this.#line[0] === asked) this.#line.shift();
        asked.reject(error as ClozeError);
      }
    }
    this.#serving = false;
    this.#rests++;
    this.#rest?.();
  }

  /** Answers one request. @returns Whether that is done, so that the next has its turn. */
  async #answer(asked: Asked): Promise<boolean> {
    if (!this.#link || this.#link.ended) {
      const refused = await this.#begin();
      if (refused) this.#leave(this.#lost === undefined ? refused : noOther(this.#lost, refused));
      return false; // whoever is first now: some may have left meanwhile
    }
    const reply =
      this.device === "webgpu" ? await inTurn(() => this.#ask(asked), asked.signal) : await this.#ask(asked);
    if ("lost" in reply) {
      this.#lose(reply.lost);
      return false;
    }
    if ("outputs" in reply) this.#lost = undefined;
    settle(asked, reply);
    return true;
  }

  /** Asks the worker, which ends where it goes on computing what nobody waits for. */
  async #ask({ request, signal }: Asked): Promise<WebReply> {
    const link = this.#link!;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const endSoon = (): void => {
      timer = setTimeout(() => link.end(aborted(signal!)), PATIENCE_MS);
    };
    signal?.addEventListener("abort", endSoon);
    try {
      let reply: Promise<WebReply> | undefined;
      give(request.feeds, () => (reply = link.ask(request))); // copied: they may have to be sent again
      return await reply!;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", endSoon);
    }
  }

  /** Starts a worker, and waits until its session is there. @returns Why the device refuses it, where it does. */
  async #begin(): Promise<ClozeError | undefined> {
    const start = await this.#place.start();
    if (this.#closed) throw this.#closed;
    const link = new Link(this.#parts.worker(), (why) => this.#close(why));
    this.#link = link;
    const given = this.#parts.ownsWeights ? start.weights.map(({ data }) => data.buffer) : [];
    try {
      const reply = await link.ask(start, given);
      if (!("error" in reply)) return undefined;
      const refused = new ClozeError(reply.error.code, reply.error.message);
      link.end(refused);
      return refused;
    } catch (cause) {
      const error = orWithoutMemory(cause) as ClozeError;
      link.end(error); // a worker without a model would be asked next
      throw error;
    }
  }

  /** A device that was lost is replaced once; after the second there is none to be relied on. */
  #lose(lost: string): void {
    const again = this.#lost !== undefined;
    this.#lost = lost;
    const why = `The graphics device was lost twice in a row (${lost}): load the model with the device wasm.`;
    if (again) this.#leave(new ClozeError("unsupported", why));
    else this.#link?.end(new ClozeError("unsupported", lost));
  }

  /** Goes on in another place, where there is one. */
  #leave(why: ClozeError): void {
    const { fallback, onFallback } = this.#parts;
    this.#link?.end(why);
    if (!fallback || this.device === fallback.device) return this.#close(why);
    this.#place = fallback;
    this.#lost = undefined;
    onFallback?.(why);
  }

  #close(reason: ClozeError): void {
    this.#closed ??= reason;
    this.#link?.end(this.#closed);
    for (const { reject } of this.#line.splice(0)) reject(this.#closed);
    this.#rest?.();
  }
}

function noOther(lost: string, cause: ClozeError): ClozeError {
  const why = `The graphics device was lost (${lost}), and there is no other: ${cause.message}`;
  return new ClozeError("unsupported", why, { cause });
}
