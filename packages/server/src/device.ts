/**
 * The device: it runs one batch at a time, of whichever model has the most urgent one. While it is busy, requests
 * gather; when it is free, the best of what has gathered runs at once, unless others are likely to come within less time
 * than a run of their own would cost.
 */
import { ClozeError } from "@cloze/core";
import type { Waiting } from "./job.ts";
import type { Choice, Queue } from "./queue.ts";
import type { RunTime } from "./run-time.ts";

/** What runs on the device: one model's queue, and how a batch of it is run. */
export interface Line {
  readonly queue: Queue;
  readonly time: Pick<RunTime, "fixedMs" | "meanMs">;
  /** Runs a batch; what it gives hands the answers out, when the device already has its next work. */
  readonly run: (batch: readonly Waiting[]) => Promise<() => void>;
}

export interface DeviceOptions {
  /** The longest that a free device waits for company to a request, in milliseconds; 0 is not at all. */
  readonly delayMs: number;
  /** The most rows that wait, of all models; what comes then is turned away. */
  readonly queueLimit: number;
}

/** How many runs of the usual length one waits until that counts as much as a full run. */
const PATIENCE = 4;

/** A timer is no more exact than that. */
const LEAST_WAIT_MS = 0.5;

/**
 * A device.
 *
 * @example
 * const device = new Device({ delayMs: 2, queueLimit: 1024 });
 * await device.alone(() => session.run(feeds, ["sentiment"])); // when what runs has ended, and before what waits
 */
export class Device {
  readonly #options: DeviceOptions;
  readonly #lines = new Set<Line>();
  readonly #tasks: (() => Promise<void>)[] = [];
  #busy = false;
  #woken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #freeSince = 0;
  /** How many requests there were lately at once: as many are likely to come again. */
  #company = 1;

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  add(line: Line): void {
    this.#lines.add(line);
  }

  remove(line: Line): void {
    this.#lines.delete(line);
  }

  /** The rows that wait. */
  get rows(): number {
    return this.#sum(({ rows }) => rows);
  }

  /**
   * Queues a request.
   *
   * @throws ClozeError `server-unavailable` when the queue is full.
   */
  submit({ queue }: Line, job: Waiting): void {
    const { rows } = this;
    if (rows > 0 && rows + job.rows > this.#options.queueLimit)
      throw new ClozeError(
        "server-unavailable",
        "The server is busy and its queue is full: try again in a moment.",
      );
    queue.add(job);
    this.#wake();
  }

  /** Has the device to itself, between two runs. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#tasks.push(() => (async () => task())().then(resolve, reject));
      this.#wake();
    });
  }

  get #requests(): number {
    return this.#sum(({ requests }) => requests);
  }

  #sum(of: (queue: Queue) => number): number {
    let sum = 0;
    for (const { queue } of this.#lines) sum += of(queue);
    return sum;
  }

  /** Looks for work when what has arrived with this request is in the queue, too. */
  #wake(): void {
    if (this.#busy || this.#woken) return;
    this.#woken = true;
    setImmediate(() => {
      this.#woken = false;
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#busy) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const task = this.#tasks.shift();
    if (task) {
      this.#busy = true;
      void task().then(() => this.#end());
      return;
    }
    const now = performance.now();
    const next = this.#choose(now);
    if (!next) return;
    const waitMs = this.#waitMs(next, now);
    if (waitMs < LEAST_WAIT_MS) void this.#run(next);
    else this.#timer = setTimeout(() => void this.#run(this.#choose(performance.now())), waitMs);
  }

  async #run(next: (Choice & { readonly line: Line }) | undefined): Promise<void> {
    this.#timer = undefined;
    if (!next) return; // all gave up
    const { line, batch } = next;
    this.#busy = true;
    for (const job of batch) line.queue.remove(job);
    const handOut = await line.run(batch);
    this.#company = batch.length + this.#requests;
    this.#end();
    handOut();
  }

  #end(): void {
    this.#busy = false;
    this.#freeSince = performance.now();
    this.#begin();
  }

  #choose(now: number): (Choice & { readonly line: Line }) | undefined {
    const usualMs = Math.max(1, ...[...this.#lines].map(({ time }) => time.meanMs));
    let best: (Choice & { readonly line: Line }) | undefined;
    for (const line of this.#lines) {
      line.queue.expire(now);
      const choice = line.queue.best(now, PATIENCE * usualMs);
      if (choice && (!best || choice.score > best.score)) best = { ...choice, line };
    }
    return best;
  }

  /** How much longer company is worth waiting for: never longer than what joining it saves. */
  #waitMs({ line, batch, full, since }: Choice & { readonly line: Line }, now: number): number {
    const requests = this.#requests;
    // Who is left over runs next: others have until then to come.
    if (full || batch.length < requests || requests >= this.#company) return 0;
    const waited = now - Math.max(since, this.#freeSince);
    return Math.min(this.#options.delayMs, line.time.fixedMs) - waited;
  }
}
