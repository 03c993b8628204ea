/** What a version has done since it was loaded, as Triton's statistics extension tells it. */
import type { Run } from "./batcher.ts";

interface Duration {
  count: number;
  ns: number;
}

const none = (): Duration => ({ count: 0, ns: 0 });

function add(to: Duration, ms: number): void {
  to.count++;
  to.ns += Math.round(ms * 1e6);
}

/** How long the parts of one request took, in milliseconds. */
export interface RequestTimes {
  readonly inputMs: number;
  readonly queueMs: number;
  readonly inferenceMs: number;
  readonly outputMs: number;
}

/**
 * Counts requests and runs.
 *
 * @example
 * const statistics = new Statistics();
 * statistics.failed(12);
 * statistics.about("starter", "1").inference_stats.fail; // { count: 1, ns: 12000000 }
 */
export class Statistics {
  #last = 0;
  #rows = 0;
  #runs = 0;
  readonly #parts = {
    success: none(),
    fail: none(),
    queue: none(),
    compute_input: none(),
    compute_infer: none(),
    compute_output: none(),
    cache_hit: none(),
    cache_miss: none(),
  };
  /** Runs by their rows. */
  readonly #batches = new Map<number, Duration>();

  answered(rows: number, { inputMs, queueMs, inferenceMs, outputMs }: RequestTimes): void {
    this.#last = Date.now();
    this.#rows += rows;
    add(this.#parts.success, inputMs + queueMs + inferenceMs + outputMs);
    add(this.#parts.compute_input, inputMs);
    add(this.#parts.queue, queueMs);
    add(this.#parts.compute_infer, inferenceMs);
    add(this.#parts.compute_output, outputMs);
  }

  failed(ms: number): void {
    add(this.#parts.fail, ms);
  }

  run({ rows, ms }: Run): void {
    this.#runs++;
    const batch = this.#batches.get(rows) ?? none();
    this.#batches.set(rows, batch);
    add(batch, ms);
  }

  /** An entry of Triton's `model_stats`. */
  about(name: string, version: string) {
    return {
      name,
      version,
      last_inference: this.#last,
      inference_count: this.#rows,
      execution_count: this.#runs,
      inference_stats: this.#parts,
      response_stats: {},
      batch_stats: [...this.#batches]
        .sort(([a], [b]) => a - b)
        .map(([batch_size, compute_infer]) => ({
          batch_size,
          compute_input: none(),
          compute_infer,
          compute_output: none(),
        })),
      memory_usage: [],
    };
  }
}
