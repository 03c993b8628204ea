/**
 * A session behind HTTP: an inference server that speaks the Open Inference Protocol, be it `cloze serve` or
 * NVIDIA Triton. It runs wherever there is `fetch`: Node, browsers, Workers.
 *
 * In a Worker make one for each request: a request there must not wait on what another request began. It holds no
 * connection, so this costs nothing.
 */
import { ClozeError } from "@cloze/core";
import type { Feeds, FloatTensor, RunOptions, Session } from "@cloze/core";
import { wireLength } from "./buckets.ts";
import { decodeResponse, encodeRequest, HEADER_LENGTH } from "./wire.ts";

/** Which model on which server, and how long it may take. */
export interface RemoteOptions {
  /** The server's address, such as `http://127.0.0.1:9000`. */
  readonly url: string;
  /** The model's name on that server. */
  readonly model: string;
  /** The outputs that the model has. Without them any may be asked for, and the server decides. */
  readonly outputs?: readonly string[];
  /** The model's positions: rows are not padded beyond them. */
  readonly maxLength?: number;
  /** How long a run may take, in milliseconds: 30 000 by default. The server is told. */
  readonly timeoutMs?: number;
  /** When all runs must be over, as Date.now() counts: for a session that serves one request of several runs. */
  readonly deadline?: number;
  /**
   * How many tokens a run holds at most, padding included: 1024 by default, which any server takes (64 rows of the
   * shortest bucket), and four of which are on their way at once. A GPU far away wants more, if the server's limits of rows
   * and tokens allow it.
   */
  readonly tokensPerRun?: number;
  /** Lets hidden states come as FP16, half the bytes, where the server can: they then have 11 bits, not 24. */
  readonly halfHidden?: boolean;
  /** Sent with every request, such as `x-request-id`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** What a proxy says when it is the server behind it that is missing; 520 to 530 are Cloudflare's. */
const absent: ReadonlySet<number> = new Set([429, 502, 503, 520, 521, 522, 523, 525, 526, 530]);
const late: ReadonlySet<number> = new Set([408, 504, 524]);
/** What Triton says, with status 503, of a request whose deadline has passed in its queue. */
const EXPIRED = /\brequest timeout expired\b/i;

/** The outputs that are hidden states: [batch, length, hidden size]. */
const hidden = /^(?:last_hidden_state|hidden\.\d+)$/;

/** The longest that timers wait, 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * A model on an inference server, by its address, such as `http://127.0.0.1:9000`.
 *
 * @example
 * await using session = new RemoteSession({ url, model: "cloze-starter" });
 * const { sentiment } = await session.run(feeds, ["sentiment"]);
 * sentiment.dims; // [1, 2]
 */
export class RemoteSession implements Session {
  readonly outputs: readonly string[];
  /** The server joins what arrives together; this bounds what it cannot split. */
  readonly tokensPerRun: number;
  readonly #options: RemoteOptions;
  readonly #base: string;
  #disposed = false;

  /** @throws ClozeError `invalid-option` for an address that is none, and for a tokensPerRun that is none. */
  constructor(options: RemoteOptions) {
    const { url, model, outputs = [], tokensPerRun = 1024 } = options;
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new ClozeError(
        "invalid-option",
        `${JSON.stringify(url)} is not the address of a server: write it as http://host:port.`,
        { field: "url" },
      );
    if (!(Number.isInteger(tokensPerRun) && tokensPerRun > 0))
      throw new ClozeError(
        "invalid-option",
        `tokensPerRun should be a positive whole number, but is ${tokensPerRun}.`,
        { field: "tokensPerRun" },
      );
    this.#base = `${url.replace(/\/+$/, "")}/v2/models/${encodeURIComponent(model)}`;
    this.#options = options;
    this.outputs = outputs;
    this.tokensPerRun = tokensPerRun;
  }

  paddedLength(length: number): number {
    return wireLength(length, this.#options.maxLength);
  }

  /**
   * Runs the model on the server. The feeds are only read: who ran them may run them again.
   *
   * @throws ClozeError `server-unavailable` when the server cannot be reached or is too busy, `server-error` when
   *   it answers nonsense, `timeout`, `aborted`, `disposed`, `invalid-option` for an output that is not there.
   */
  async run(
    feeds: Feeds,
    outputs: readonly string[],
    { signal }: RunOptions = {},
  ): Promise<Record<string, FloatTensor>> {
    const missing =
      this.outputs.length === 0 ? undefined : outputs.find((name) => !this.outputs.includes(name));
    if (missing !== undefined)
      throw new ClozeError(
        "invalid-option",
        `The model has no output named ${missing}: it has ${this.outputs.join(", ")}.`,
      );
    const half = this.#options.halfHidden ? outputs.filter((name) => hidden.test(name)) : [];
    const { body, headerLength } = encodeRequest(feeds, outputs, { timeoutMs: this.#timeLeft(), half });
    const answer = await this.#send("/infer", signal, {
      method: "POST",
      body,
      headers: { "content-type": "application/octet-stream", [HEADER_LENGTH]: String(headerLength) },
    });
    return this.#read(answer, outputs, feeds.input_ids.dims[0]);
  }

  /**
   * Asks whether the server is up and has the model.
   *
   * @throws ClozeError as `run` does when it is not.
   */
  async ready({ signal }: RunOptions = {}): Promise<void> {
    await this.#send("/ready", signal, { method: "GET" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
  }

  async #send(path: string, abort: RunOptions["signal"], init: Sent): Promise<Answer> {
    if (this.#disposed) throw new ClozeError("disposed", "This session was closed: make a new one.");
    const { fetch = globalThis.fetch, headers } = this.#options;
    const deadline = AbortSignal.timeout(Math.ceil(this.#timeLeft()));
    const signal = abort instanceof AbortSignal ? AbortSignal.any([abort, deadline]) : deadline;
    let answer: Answer;
    try {
      const response = await fetch(this.#base + path, {
        ...init,
        headers: { ...headers, ...init.headers },
        signal,
        redirect: "manual",
      });
      answer = { response, body: new Uint8Array(await response.arrayBuffer()) };
    } catch (cause) {
      if (abort?.aborted) throw new ClozeError("aborted", "The caller aborted the request.", { cause });
      if (deadline.aborted) throw tooLate(cause);
      throw unavailable(
        "The inference server cannot be reached: see whether it runs, and at this address.",
        cause,
      );
    }
    const { ok, status } = answer.response;
    if (ok) return answer;
    const said = errorIn(answer.body);
    if (late.has(status) || (said !== undefined && EXPIRED.test(said))) throw tooLate();
    if (absent.has(status))
      throw unavailable(said ?? "The inference server is not ready: try again in a moment.");
    throw nonsense(
      said ? `The inference server refused: ${said}` : `The inference server answered status ${status}.`,
    );
  }

  /** Milliseconds that a run beginning now may take. */
  #timeLeft(): number {
    const { timeoutMs = 30_000, deadline = Infinity } = this.#options;
    const left = Math.min(timeoutMs, deadline - Date.now(), LONGEST_MS);
    if (left > 0) return left;
    throw tooLate();
  }

  #read({ response, body }: Answer, outputs: readonly string[], rows: number): Record<string, FloatTensor> {
    let tensors: ReadonlyMap<string, FloatTensor>;
    try {
      tensors = decodeResponse(body, response.headers.get(HEADER_LENGTH));
    } catch (cause) {
      throw nonsense(
        "The inference server's answer cannot be read: see whether another server has its address.",
        cause,
      );
    }
    const results: Record<string, FloatTensor> = {};
    for (const name of outputs) {
      const tensor = tensors.get(name);
      if (!tensor) throw nonsense(`The inference server left ${name} out of its answer.`);
      if (tensor.dims[0] !== rows)
        throw nonsense(`The inference server answered ${tensor.dims[0]} rows of ${name}, not ${rows}.`);
      if (!tensor.data.every(Number.isFinite))
        throw nonsense(`The inference server's ${name} has numbers that are not finite.`);
      results[name] = tensor;
    }
    return results;
  }
}

interface Sent {
  readonly method: "GET" | "POST";
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly response: Response;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The sentence of a KServe error, `{"error": "…"}`. */
function errorIn(body: Uint8Array): string | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof json === "object" && json !== null && "error" in json && typeof json.error === "string")
      return json.error.slice(0, 300);
  } catch {
    // Not JSON: the status says enough.
  }
  return undefined;
}

function unavailable(message: string, cause?: unknown): ClozeError {
  return new ClozeError("server-unavailable", message, { cause });
}

function nonsense(message: string, cause?: unknown): ClozeError {
  return new ClozeError("server-error", message, { cause });
}

function tooLate(cause?: unknown): ClozeError {
  return new ClozeError("timeout", "The inference server did not answer in time: try again, or send less.", {
    cause,
  });
}
