/**
 * Dynamic batching: requests of like length that arrive together, or while the device is busy, become one run.
 *
 * A device runs one batch at a time. When it is idle the first request waits a moment for company; when it becomes
 * free, what has gathered runs at once. Rows are padded to their bucket, and each request gets its own rows back,
 * cut to its own length. What a request may hold is checked before it comes here.
 */
import { ClozeError, MASKED_POSITIONS } from "@cloze/core";
import type { Feeds, FloatTensor, Session } from "@cloze/core";
import { wireLength } from "@cloze/runtime/remote";
import type { Positions } from "./inputs.ts";
import { ANSWER_LIMIT, answerBytes } from "./shapes.ts";
import type { OutputShapes } from "./shapes.ts";

export interface BatcherOptions {
  /** The most rows of one run. */
  readonly maxRows: number;
  /** The most tokens of one run, padding included: it bounds memory, as attention grows with their number. */
  readonly maxTokens: number;
  /** How long the first request waits for others while the device is idle, in milliseconds; 0 is not at all. */
  readonly delayMs: number;
  /** The most rows that wait; what comes then is turned away. */
  readonly queueLimit: number;
  /** The model's positions. */
  readonly maxLength: number;
  /** What each output is one item of: a row, a token, a mask. */
  readonly shapes: OutputShapes;
}

/** One request: `rows` × `length` numbers in each array. */
export interface Job {
  readonly rows: number;
  readonly length: number;
  readonly ids: Int32Array;
  readonly segments: Int32Array;
  readonly mask: Int32Array;
  readonly positions: Positions;
  readonly outputs: readonly string[];
  /** Takes the request out of the queue; its reason tells a deadline (`TimeoutError`) from a client that left. */
  readonly signal?: AbortSignal;
}

export interface Result {
  readonly outputs: ReadonlyMap<string, FloatTensor>;
  /** Milliseconds from arrival to the run, and of the run. */
  readonly queueMs: number;
  readonly inferenceMs: number;
}

interface Waiting extends Job {
  readonly bucket: number;
  readonly since: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A queue before a session.
 *
 * @example
 * const shapes = new Map([["sentiment", ["batch", 2] as const]]);
 * const limits = { maxRows: 64, maxTokens: 8192, delayMs: 2, queueLimit: 1024, maxLength: 512 };
 * const batcher = new Batcher(session, { ...limits, shapes });
 * const [ids, segments, mask] = [[101, 2143, 102], [0, 0, 0], [1, 1, 1]].map((row) => Int32Array.from(row)); // [1, 3]
 * const positions = { count: 0, data: new Int32Array(0) };
 * const job = { rows: 1, length: 3, ids, segments, mask, positions, outputs: ["sentiment"] };
 * const { outputs } = await batcher.submit(job);
 * outputs.get("sentiment")?.dims; // [1, 2]
 */
export class Batcher {
  readonly #session: Session;
  readonly #options: BatcherOptions;
  #waiting: Waiting[] = []; // first come, first served
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session, options: BatcherOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** The most rows of this length that one run, and so one request, may have. */
  rowLimit(length: number): number {
    const { maxRows, maxTokens, maxLength } = this.#options;
    return Math.max(1, Math.min(maxRows, Math.floor(maxTokens / wireLength(length, maxLength))));
  }

  /**
   * Queues a request of at most `rowLimit` rows.
   *
   * @throws ClozeError `server-unavailable` when the queue is full, `timeout`, `aborted`, and what the session throws.
   */
  submit(job: Job): Promise<Result> {
    if (job.signal?.aborted) return Promise.reject(gaveUp(job.signal));
    const rows = this.#waiting.reduce((sum, other) => sum + other.rows, job.rows);
    if (this.#waiting.length > 0 && rows > this.#options.queueLimit)
      return Promise.reject(
        new ClozeError(
          "server-unavailable",
          "The server is busy and its queue is full: try again in a moment.",
        ),
      );
    let stop: () => void;
    const result = new Promise<Result>((resolve, reject) => {
      const bucket = wireLength(job.length, this.#options.maxLength);
      const waiting: Waiting = { ...job, bucket, since: performance.now(), resolve, reject };
      this.#waiting.push(waiting);
      stop = () => this.#giveUp(waiting);
      job.signal?.addEventListener("abort", stop);
      if (this.#busy) return;
      if (rows >= this.#options.maxRows || this.#options.delayMs === 0) void this.#drain();
      else this.#timer ??= setTimeout(() => void this.#drain(), this.#options.delayMs);
    });
    return result.finally(() => job.signal?.removeEventListener("abort", stop));
  }

  /** Answers a request that is waited for no longer. If it already runs, its rows are thrown away later. */
  #giveUp(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    if (waiting.signal) waiting.reject(gaveUp(waiting.signal));
  }

  async #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#busy = true;
    while (this.#waiting.length > 0) await this.#run(this.#take());
    this.#busy = false;
  }

  /** Takes the oldest request, and what fits beside it, out of the queue. */
  #take(): Waiting[] {
    const [{ bucket }] = this.#waiting;
    const limit = Math.min(this.rowLimit(bucket), Math.floor(this.#session.tokensPerRun / bucket));
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    for (const job of this.#waiting) {
      if (job.bucket === bucket && (batch.length === 0 || this.#fits([...batch, job], limit)))
        batch.push(job);
      else rest.push(job);
    }
    this.#waiting = rest;
    return batch;
  }

  /** Whether requests of one bucket fit in one run: each of its rows gets every output and mask that any asks for. */
  #fits(batch: readonly Waiting[], limit: number): boolean {
    const rows = batch.reduce((sum, job) => sum + job.rows, 0);
    if (rows > limit) return false;
    const sizes = { batch: rows, length: batch[0].bucket, masks: mostMasks(batch) };
    const outputs = new Set(batch.flatMap((job) => job.outputs));
    return answerBytes(this.#options.shapes, outputs, sizes) <= ANSWER_LIMIT;
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    const start = performance.now();
    const { bucket } = batch[0];
    try {
      const names = [...new Set(batch.flatMap(({ outputs }) => outputs))];
      const tensors = await this.#session.run(gather(batch, bucket), names);
      const inferenceMs = performance.now() - start;
      let first = 0;
      for (const job of batch) {
        const outputs = new Map(
          job.outputs.map((name) => [name, this.#rowsOf(name, tensors[name], first, job)]),
        );
        job.resolve({ outputs, queueMs: start - job.since, inferenceMs });
        first += job.rows;
      }
    } catch (error) {
      for (const job of batch) job.reject(error);
    }
  }

  /** One request's rows of an output, cut to its own tokens and masks. */
  #rowsOf(name: string, tensor: FloatTensor, first: number, { rows, length, positions }: Job): FloatTensor {
    const [batch, ...rest] = tensor.dims;
    const size = tensor.data.length / batch;
    const data = tensor.data.subarray(first * size, (first + rows) * size);
    const axis = this.#options.shapes.get(name)?.[1];
    const items = axis === "length" ? length : axis === "masks" ? positions.count : rest[0];
    if (items === rest[0]) return { type: "float32", dims: [rows, ...rest], data };
    const kept = (size / rest[0]) * items;
    const cut = new Float32Array(rows * kept);
    for (let row = 0; row < rows; row++) cut.set(data.subarray(row * size, row * size + kept), row * kept);
    return { type: "float32", dims: [rows, items, ...rest.slice(1)], data: cut };
  }
}

/** The requests' rows under each other, padded to the bucket with masked zeros. */
function gather(batch: readonly Job[], bucket: number): Feeds {
  const rows = batch.reduce((sum, job) => sum + job.rows, 0);
  const ids = new Int32Array(rows * bucket); // [rows, bucket]
  const segments = new Int32Array(rows * bucket);
  const mask = new Float32Array(rows * bucket);
  let to = 0;
  for (const job of batch) {
    for (let from = 0; from < job.rows * job.length; from += job.length, to += bucket) {
      ids.set(job.ids.subarray(from, from + job.length), to);
      segments.set(job.segments.subarray(from, from + job.length), to);
      mask.set(job.mask.subarray(from, from + job.length), to);
    }
  }
  const dims = [rows, bucket];
  const count = mostMasks(batch);
  const positions = new Int32Array(rows * count); // [rows, masks]
  to = 0;
  for (const job of batch)
    for (let row = 0; row < job.rows; row++, to += count)
      positions.set(
        job.positions.data.subarray(row * job.positions.count, (row + 1) * job.positions.count),
        to,
      );
  return {
    input_ids: { type: "int32", dims, data: ids },
    token_type_ids: { type: "int32", dims, data: segments },
    attention_mask: { type: "float32", dims, data: mask },
    ...(count > 0 && { [MASKED_POSITIONS]: { type: "int32", dims: [rows, count], data: positions } }),
  };
}

function mostMasks(batch: readonly Job[]): number {
  return batch.reduce((most, { positions }) => Math.max(most, positions.count), 0);
}

function gaveUp({ reason }: AbortSignal): ClozeError {
  return reason instanceof DOMException && reason.name === "TimeoutError"
    ? new ClozeError("timeout", "The deadline passed before the model could run: try again, or wait longer.")
    : new ClozeError("aborted", "The client left before the model could run.");
}
