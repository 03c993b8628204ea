/** What Prometheus reads at /metrics. The names are the fleet's to rely on: docs/server.md lists them. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Run } from "./batcher.ts";
import type { Models } from "./models.ts";

/** Of the process, whatever it serves: its memory, its CPU time, its event loop. */
let ofProcess: Registry | undefined;

function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a request was: `model` is empty where there is none of that name. */
export interface RequestRecord {
  readonly model: string;
  readonly status: number;
  readonly totalMs: number;
  /** Where it ran. */
  readonly queueMs?: number | undefined;
}

/** Counts what one server does. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #total: Histogram;
  readonly #queue: Histogram;
  readonly #inference: Histogram;
  readonly #rows: Histogram;
  readonly #tokens: Histogram;
  readonly #tokenCount: Counter;

  constructor(models: Models) {
    const registers = [this.#registry];
    const labelNames = ["model"];
    const histogram = (name: string, help: string, buckets: number[]): Histogram =>
      new Histogram({ name, help, buckets, labelNames, registers });
    this.#requests = new Counter({
      name: "cloze_requests_total",
      help: "Requests for inference that were answered, by HTTP status.",
      labelNames: ["model", "status"],
      registers,
    });
    this.#total = histogram("cloze_request_seconds", "From a request's head to its answer.", seconds);
    this.#queue = histogram("cloze_queue_seconds", "From a request's arrival to its run.", seconds);
    this.#inference = histogram("cloze_inference_seconds", "Of a run on the device.", seconds);
    const powers = Array.from({ length: 8 }, (_, i) => 2 ** i);
    this.#rows = histogram("cloze_batch_rows", "Rows of a run.", powers);
    const many = powers.map((power) => 64 * power);
    this.#tokens = histogram("cloze_batch_tokens", "Tokens of a run, padding included.", many);
    this.#tokenCount = new Counter({
      name: "cloze_tokens_total",
      help: "Tokens that ran, by kind: text, which the model read, and padding.",
      labelNames: ["model", "kind"],
      registers,
    });
    const gauge = (name: string, help: string, collect: (gauge: Gauge) => void): void => {
      const made: Gauge = new Gauge({ name, help, labelNames, registers, collect: () => collect(made) });
    };
    gauge("cloze_queue_rows", "Rows that wait.", (rows) => {
      rows.reset();
      for (const { name, batcher } of models.all) rows.inc({ model: name }, batcher.waiting);
    });
    gauge("cloze_models_loaded", "Versions that are served.", (loaded) => {
      loaded.reset();
      for (const { name } of models.all) loaded.inc({ model: name });
    });
    gauge("cloze_warm_up_seconds", "How long a model's last version was warmed up.", (warmUp) => {
      warmUp.reset();
      for (const { name, warmedUp } of models.all) warmUp.set({ model: name }, warmedUp.ms / 1000);
    });
  }

  request({ model, status, totalMs, queueMs }: RequestRecord): void {
    this.#requests.inc({ model, status });
    this.#total.observe({ model }, totalMs / 1000);
    if (queueMs !== undefined) this.#queue.observe({ model }, queueMs / 1000);
  }

  run(model: string, { rows, tokens, read, ms }: Run): void {
    this.#inference.observe({ model }, ms / 1000);
    this.#rows.observe({ model }, rows);
    this.#tokens.observe({ model }, tokens);
    this.#tokenCount.inc({ model, kind: "text" }, read);
    this.#tokenCount.inc({ model, kind: "padding" }, tokens - read);
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return Registry.merge([this.#registry, processRegistry()]).metrics();
  }
}
