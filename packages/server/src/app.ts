/**
 * The routes of the Open Inference Protocol over the models that are served. Listening is `start.ts`'s, the wire format
 * is shared with the client (@cloze/runtime/remote).
 */
import { ClozeError } from "@cloze/core";
import type { ErrorCode } from "@cloze/core";
import { readBody } from "@cloze/runtime/remote";
import { Hono } from "hono";
import type { Context } from "hono";
import { createRequire } from "node:module";
import { hasKey } from "./key.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Models } from "./models.ts";
import type { Repository } from "./repository.ts";
import { infer } from "./routes/infer.ts";
import type { InferenceRecord } from "./routes/infer.ts";
import { configOf, metadataOf } from "./routes/models.ts";
import type { ServedModel } from "./served-model.ts";

export interface AppOptions {
  readonly models: Models;
  /** Where models are loaded from, if from anywhere. */
  readonly repository: Repository | undefined;
  readonly limits: { readonly maxBatch: number; readonly delayMs: number; readonly queueLimit: number };
  readonly metrics: Metrics;
  readonly log: Log;
  /** What clients have to know, and whether /metrics is theirs to read without. */
  readonly key: string | undefined;
  readonly openMetrics: boolean;
  /** Whether new requests are welcome, and if not, whether they will not be any more. */
  readonly isReady: () => boolean;
  readonly isClosing: () => boolean;
  /** Told of every failure that is the server's own fault. */
  readonly onError: (error: unknown, requestId: string | undefined) => void;
}

const { version: release } = createRequire(import.meta.url)("../package.json") as { version: string };

const extensions = [
  "binary_tensor_data",
  "model_configuration",
  "model_repository",
  "schedule_policy",
  "statistics",
];

/** What is not here is the server's own fault: 500. 499 is nginx's for a client that left, and nobody reads it. */
const statuses: Partial<Record<ErrorCode, 400 | 404 | 499 | 503 | 504>> = {
  "invalid-input": 400,
  "not-found": 404,
  aborted: 499,
  timeout: 504,
  "server-unavailable": 503,
};

export function createInferenceApp(options: AppOptions): Hono {
  const { models, repository, metrics, key } = options;
  const app = new Hono();

  app.use(async (c, next) => {
    const open =
      /^\/v2\/health\/(live|ready)$/.test(c.req.path) || (c.req.path === "/metrics" && options.openMetrics);
    if (key === undefined || open || hasKey(c.req.header("authorization"), key)) return next();
    c.header("WWW-Authenticate", "Bearer");
    return c.json({ error: "This server wants its key: send it as Authorization: Bearer KEY." }, 401);
  });

  get(app, "/v2", (c) => c.json({ name: "cloze", version: release, extensions }));
  get(app, "/v2/health/live", (c) => c.json({ live: true }));
  get(app, "/v2/health/ready", (c) => c.json({ ready: options.isReady() }, options.isReady() ? 200 : 503));
  get(app, "/metrics", async (c) => c.text(await metrics.text(), 200, { "Content-Type": METRICS }));

  get(app, "/v2/models/stats", (c) => c.json(statsOf(models.all)));
  for (const path of ["/v2/models/:model", "/v2/models/:model/versions/:version"]) {
    get(app, path, (c) => c.json(metadataOf(models.get(...asked(c)), models)));
    get(app, `${path}/config`, (c) => c.json(configOf(models.get(...asked(c)), options.limits)));
    get(app, `${path}/stats`, (c) => {
      const [name, version] = asked(c);
      const model = models.get(name, version);
      return c.json(statsOf(version === undefined ? models.versions(name) : [model]));
    });
    get(app, `${path}/ready`, (c) => {
      const { name } = models.get(...asked(c));
      return c.json({ name, ready: options.isReady() }, options.isReady() ? 200 : 503);
    });
    post(app, `${path}/infer`, async (c) => {
      const [name, version] = asked(c);
      const record: InferenceRecord = {};
      const start = performance.now();
      const response = await answered(c, async () => {
        expectReady();
        return infer(c, models, { name, version }, record);
      });
      report(c, record, response.status, performance.now() - start);
      return response;
    });
  }

  post(app, "/v2/repository/index", async (c) => {
    const { ready } = await jsonOf(c);
    return c.json(models.index.filter(({ state }) => ready !== true || state === "READY"));
  });
  post(app, "/v2/repository/models/:model/load", async (c) => {
    await repositoryOf().load(asked(c)[0]);
    return c.json({});
  });
  post(app, "/v2/repository/models/:model/unload", async (c) => {
    await repositoryOf().unload(asked(c)[0]);
    return c.json({});
  });

  app.notFound((c) => c.json({ error: `There is no route ${c.req.path}; see GET /v2.` }, 404));
  app.onError(failed);

  function expectReady(): void {
    if (options.isReady()) return;
    throw new ClozeError(
      "server-unavailable",
      options.isClosing()
        ? "The server is shutting down: use another."
        : "The server is still loading its models: try again in a moment.",
    );
  }

  function repositoryOf(): Repository {
    if (repository) return repository;
    throw new ClozeError(
      "invalid-input",
      "This server has no repository to load models from: start it with one.",
    );
  }

  function failed(error: unknown, c: Context): Response {
    const status = error instanceof ClozeError ? statuses[error.code] : undefined;
    if (!(error instanceof ClozeError) || status === undefined) {
      options.onError(error, requestId(c));
      return c.json({ error: "The model failed; the server's log says more." }, 500);
    }
    if (status === 503) c.header("Retry-After", "1");
    return Response.json({ error: error.message }, { status, headers: c.res.headers });
  }

  async function answered(c: Context, work: () => Promise<Response>): Promise<Response> {
    try {
      return await work();
    } catch (error) {
      return failed(error, c);
    }
  }

  function report(c: Context, record: InferenceRecord, status: number, totalMs: number): void {
    const { model = "", queueMs, inferenceMs } = record;
    metrics.request({ model, status, totalMs, queueMs });
    const times = { queueMs: rounded(queueMs), inferenceMs: rounded(inferenceMs), totalMs: rounded(totalMs) };
    options.log.info({ requestId: requestId(c), ...record, ...times, status }, "inference");
  }

  return app;
}

/** Prometheus' text format. */
const METRICS = "text/plain; version=0.0.4; charset=utf-8";

/** The model and the version that a path names. */
function asked(c: Context): [name: string, version: string | undefined] {
  const { model, version } = c.req.param() as { model: string; version?: string };
  return [model, version];
}

function statsOf(models: readonly ServedModel[]) {
  return { model_stats: models.map(({ name, version, statistics }) => statistics.about(name, version)) };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(100 * ms) / 100;
}

function requestId(c: Context): string | undefined {
  return c.req.header("x-request-id")?.slice(0, 200);
}

/** The body of a management request: an object, or nothing. */
async function jsonOf(c: Context): Promise<Readonly<Record<string, unknown>>> {
  const body = await readBody(c.req.raw, 2 ** 16);
  try {
    const text = new TextDecoder().decode(body);
    const json: unknown = text === "" ? {} : JSON.parse(text);
    if (body && typeof json === "object" && json !== null) return json as Readonly<Record<string, unknown>>;
  } catch {
    // answered below
  }
  throw new ClozeError("invalid-input", 'The body should be a JSON object, such as {"ready": true}.');
}

type Handler = (c: Context) => Response | Promise<Response>;

function get(app: Hono, path: string, handler: Handler): void {
  app.get(path, handler);
  app.all(path, (c) => notAllowed(c, "GET, HEAD"));
}

function post(app: Hono, path: string, handler: Handler): void {
  app.post(path, handler);
  app.all(path, (c) => notAllowed(c, "POST"));
}

function notAllowed(c: Context, allow: string): Response {
  return c.json({ error: `${c.req.method} is not for this route: use ${allow}.` }, 405, { allow });
}
