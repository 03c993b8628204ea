/**
 * Dynamic batching for one model: requests of like length that arrive together, or while the device is busy, become
 * one run. Which and when is `queue.ts`'s and `device.ts`'s; what a request may hold is checked before it comes here.
 */
import type { FloatTensor, Session } from "@cloze/core";
import { wireLength } from "@cloze/runtime/remote";
import { gather, neededLength, rowsOf } from "./batch.ts";
import type { Device, Line } from "./device.ts";
import { left, rankOf, tooLate } from "./job.ts";
import type { Job, Result, Waiting } from "./job.ts";
import { Queue } from "./queue.ts";
import { RunTime } from "./run-time.ts";
import type { OutputShapes } from "./shapes.ts";
import { LONGEST_MS } from "./timers.ts";

export interface BatcherOptions {
  /** The most rows of one run. */
  readonly maxRows: number;
  /** The most tokens of one run, padding included: it bounds memory, as attention grows with their number. */
  readonly maxTokens: number;
  /** The model's positions. */
  readonly maxLength: number;
  /** What each output is one item of: a row, a token, a mask. */
  readonly shapes: OutputShapes;
  /** Told of every run. */
  readonly onRun?: (run: Run) => void;
}

/** What a run was. */
export interface Run {
  readonly requests: number;
  readonly rows: number;
  /** Its tokens, and how many of them the model read: the others were padding. */
  readonly tokens: number;
  readonly read: number;
  readonly ms: number;
}

/** A model's place before a device. */
export class Batcher {
  readonly #session: Session;
  readonly #device: Device;
  readonly #options: BatcherOptions;
  readonly #time = new RunTime();
  readonly #line: Line;

  constructor(session: Session, device: Device, options: BatcherOptions) {
    this.#session = session;
    this.#device = device;
    this.#options = options;
    const time = this.#time;
    const rowLimit = (length: number): number => {
      const tokens = Math.min(options.maxTokens, session.tokensPerRun);
      return Math.max(1, Math.min(options.maxRows, Math.floor(tokens / length)));
    };
    const queue = new Queue({ shapes: options.shapes, time, rowLimit });
    this.#line = { queue, time, run: (batch) => this.#run(batch) };
    device.add(this.#line);
  }

  /** The rows that wait. */
  get waiting(): number {
    return this.#line.queue.rows;
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
  async submit(job: Job): Promise<Result> {
    const { deadline, signal, priority = 0 } = job;
    const since = performance.now();
    if (signal?.aborted) throw left();
    if (deadline !== undefined && deadline <= since) throw tooLate();
    const padded = this.#session.paddedLength(neededLength(job, this.#options.shapes));
    let stop: () => void;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise<Result>((resolve, reject) => {
        const rank = rankOf(since, priority);
        const waiting: Waiting = { ...job, padded, since, rank, resolve, reject };
        this.#device.submit(this.#line, waiting);
        // If it already runs, its rows are thrown away later.
        const giveUp = (why: () => Error) => (): void => {
          this.#line.queue.remove(waiting);
          reject(why());
        };
        stop = giveUp(left);
        signal?.addEventListener("abort", stop);
        if (deadline !== undefined)
          timer = setTimeout(giveUp(tooLate), Math.min(deadline - since, LONGEST_MS));
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop!);
    }
  }

  /** Takes no more requests to the device. */
  close(): void {
    this.#device.remove(this.#line);
  }

  /** Runs a batch; the answers go out when what this gives is called. */
  async #run(batch: readonly Waiting[]): Promise<() => void> {
    const start = performance.now();
    try {
      const names = [...new Set(batch.flatMap(({ outputs }) => outputs))];
      const length = batch.reduce((most, { padded }) => Math.max(most, padded), 0);
      const feeds = gather(batch, length);
      const rows = feeds.input_ids.dims[0];
      const read = batch.reduce((sum, { mask }) => sum + mask.reduce((ones, one) => ones + one, 0), 0);
      const tensors = await this.#session.run(feeds, names);
      const ms = performance.now() - start;
      this.#time.observe(rows * length, ms);
      this.#options.onRun?.({ requests: batch.length, rows, tokens: rows * length, read, ms });
      return () => this.#handOut(batch, tensors, start, ms);
    } catch (error) {
      return () => {
        for (const { reject } of batch) reject(error);
      };
    }
  }

  #handOut(batch: readonly Waiting[], tensors: Record<string, FloatTensor>, start: number, ms: number): void {
    const { shapes } = this.#options;
    let first = 0;
    for (const job of batch) {
      try {
        const outputs = new Map(
          job.outputs.map((name) => [name, rowsOf(tensors[name], first, job, shapes.get(name))]),
        );
        job.resolve({ outputs, queueMs: start - job.since, inferenceMs: ms });
      } catch (error) {
        job.reject(error); // the session left something out
      }
      first += job.rows;
    }
  }
}
