/**
 * The requests that wait for one model, and which of them would run best together. When it is their turn, and whether
 * they wait for more, is the device's to say.
 */
import { tooLate } from "./job.ts";
import type { Waiting } from "./job.ts";
import type { RunTime } from "./run-time.ts";
import { ANSWER_LIMIT, answerBytes } from "./shapes.ts";
import type { OutputShapes } from "./shapes.ts";

/** The most of a run that may be padding because shorter requests joined longer ones. */
const MAX_JOINED_PADDING = 1 / 3;

/** How many lengths are looked at when a run is chosen: those that have waited longest. */
const CANDIDATES = 8;

/** What a queue has to know of its model. */
export interface QueueOptions {
  readonly shapes: OutputShapes;
  readonly time: Pick<RunTime, "tokensOfOne">;
  /** The most rows of a run whose rows have so many tokens. */
  readonly rowLimit: (length: number) => number;
}

/** Requests that could run together. */
export interface Choice {
  readonly batch: readonly Waiting[];
  /** Whether waiting could add no more of their length. */
  readonly full: boolean;
  /** How much of a run they fill, and how long the first of them has waited. */
  readonly score: number;
  readonly since: number;
}

/** The requests that wait for one model. */
export class Queue {
  readonly #options: QueueOptions;
  /** By the length that they run with; in each, who comes first stands first. */
  readonly #lengths = new Map<number, Waiting[]>();
  #rows = 0;
  #requests = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get rows(): number {
    return this.#rows;
  }

  get requests(): number {
    return this.#requests;
  }

  add(job: Waiting): void {
    const waiting = this.#lengths.get(job.padded) ?? [];
    if (waiting.length === 0) this.#lengths.set(job.padded, waiting);
    const before = waiting.findLastIndex(({ rank }) => rank <= job.rank); // nearly always the last
    waiting.splice(before + 1, 0, job);
    this.#rows += job.rows;
    this.#requests++;
  }

  remove(job: Waiting): void {
    const waiting = this.#lengths.get(job.padded) ?? [];
    const at = waiting.indexOf(job);
    if (at === -1) return; // it runs already
    waiting.splice(at, 1);
    if (waiting.length === 0) this.#lengths.delete(job.padded);
    this.#rows -= job.rows;
    this.#requests--;
  }

  /** Answers those whose deadline has passed: a timer may be late where the program was busy. */
  expire(now: number): void {
    for (const job of [...this.#lengths.values()].flat())
      if (job.deadline !== undefined && job.deadline <= now) {
        this.remove(job);
        job.reject(tooLate());
      }
  }

  /**
   * What should run next of what waits here: nearly full runs first, unless somebody has waited too long for that.
   *
   * @param patienceMs How long one waits until that counts as much as a full run.
   */
  best(now: number, patienceMs: number): Choice | undefined {
    let best: Choice | undefined;
    for (const length of this.#oldest()) {
      const choice = this.#fill(length, now, patienceMs);
      if (!best || choice.score > best.score) best = choice;
    }
    return best;
  }

  /** The lengths whose first requests have waited longest. */
  #oldest(): number[] {
    return [...this.#lengths]
      .sort(([, [a]], [, [b]]) => a.rank - b.rank)
      .slice(0, CANDIDATES)
      .map(([length]) => length);
  }

  /** A run of one length: requests of that length first, then shorter ones while their padding pays. */
  #fill(length: number, now: number, patienceMs: number): Choice {
    const { rowLimit, time, shapes } = this.#options;
    const limit = rowLimit(length);
    const batch: Waiting[] = [];
    const outputs = new Set<string>();
    let [rows, tokens, masks, bytes, rank, since, joined, full] = [0, 0, 0, 0, Infinity, Infinity, 0, false];
    const lengths = [...this.#lengths.keys()].filter((other) => other <= length).sort((a, b) => b - a);
    for (const own of lengths) {
      const before = batch.length;
      for (const job of this.#lengths.get(own)!) {
        const next = rows + job.rows;
        const padding = next * length - (tokens + job.rows * own);
        const pays = Math.min(MAX_JOINED_PADDING * next * length, (joined + 1) * time.tokensOfOne);
        let fits = batch.length === 0 || (next <= limit && padding <= pays);
        const most = Math.max(masks, job.positions.count);
        if (fits && (most > masks || job.outputs.some((name) => !outputs.has(name)))) {
          // Each row of a run gets every output and every mask that any of its requests asks for.
          const wanted = new Set([...outputs, ...job.outputs]);
          const each = answerBytes(shapes, wanted, { batch: 1, length, masks: most });
          fits = batch.length === 0 || next * each <= ANSWER_LIMIT;
          if (fits) bytes = each;
        } else fits &&= batch.length === 0 || next * bytes <= ANSWER_LIMIT;
        if (!fits) {
          full ||= own === length;
          continue;
        }
        batch.push(job);
        for (const name of job.outputs) outputs.add(name);
        [rows, masks] = [next, most];
        tokens += job.rows * own;
        rank = Math.min(rank, job.rank);
        since = Math.min(since, job.since);
      }
      if (own < length && batch.length > before) joined++;
      if (rows >= limit) break;
    }
    const score = tokens / (limit * length) + (now - rank) / patienceMs;
    return { batch, full: full || rows >= limit, score, since };
  }
}
