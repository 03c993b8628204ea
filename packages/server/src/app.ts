/**
 * The routes of the Open Inference Protocol over one model. Listening is `start.ts`'s, the wire format is shared
 * with the client (@cloze/runtime/remote).
 */
import { ClozeError, MASKED_POSITIONS } from "@cloze/core";
import type { BertConfig, ErrorCode, Session } from "@cloze/core";
import { decodeRequest, encodeResponse, HEADER_LENGTH, readBody } from "@cloze/runtime/remote";
import { Hono } from "hono";
import type { Context } from "hono";
import { createRequire } from "node:module";
import type { Batcher } from "./batcher.ts";
import { inputNames, readInputs } from "./inputs.ts";
import { ANSWER_LIMIT, answerBytes } from "./shapes.ts";
import type { OutputShapes } from "./shapes.ts";

export interface AppOptions {
  readonly session: Session;
  readonly config: BertConfig;
  readonly batcher: Batcher;
  readonly model: string;
  readonly version: string;
  /** The shape of each output of the session. */
  readonly shapes: OutputShapes;
  /** Whether new requests are welcome. */
  readonly isReady: () => boolean;
  /** Told of every failure that is the server's own fault. */
  readonly onError: (error: unknown, requestId: string | undefined) => void;
}

const { version: release } = createRequire(import.meta.url)("../package.json") as { version: string };

/** The most bytes of one request: 128 rows of 512 tokens, three tensors of 8 bytes, and room for a JSON form. */
const BODY_LIMIT = 16 * 2 ** 20;

/** What is not here is the server's own fault: 500. 499 is nginx's for a client that left, and nobody reads it. */
const statuses: Partial<Record<ErrorCode, 400 | 404 | 499 | 503 | 504>> = {
  "invalid-input": 400,
  "not-found": 404,
  aborted: 499,
  timeout: 504,
  "server-unavailable": 503,
};

export function createInferenceApp(options: AppOptions): Hono {
  const { session, config, batcher, model, version, shapes } = options;
  const masked = [...shapes.values()].some((shape) => shape.includes("masks"));
  const inputs = masked ? [...inputNames, MASKED_POSITIONS] : inputNames;
  const app = new Hono();

  get(app, "/v2", (c) =>
    c.json({ name: "cloze", version: release, extensions: ["binary_tensor_data", "schedule_policy"] }),
  );
  get(app, "/v2/health/live", (c) => c.json({ live: true }));
  get(app, "/v2/health/ready", (c) => c.json({ ready: options.isReady() }, options.isReady() ? 200 : 503));

  for (const path of ["/v2/models/:model", "/v2/models/:model/versions/:version"]) {
    get(app, path, (c) => {
      expectModel(c);
      return c.json({
        name: model,
        versions: [version],
        platform: "cloze",
        inputs: inputs.map((name) => ({ name, datatype: "INT64", shape: [-1, -1] })),
        outputs: [...shapes].map(([name, shape]) => ({
          name,
          datatype: "FP32",
          shape: shape.map((size) => (typeof size === "number" ? size : -1)),
        })),
      });
    });
    get(app, `${path}/ready`, (c) => {
      expectModel(c);
      return c.json({ name: model, ready: options.isReady() }, options.isReady() ? 200 : 503);
    });
    app.post(`${path}/infer`, (c) => {
      expectModel(c);
      return infer(c);
    });
    app.all(`${path}/infer`, (c) => notAllowed(c, "POST"));
  }

  async function infer(c: Context): Promise<Response> {
    if (!options.isReady())
      throw new ClozeError("server-unavailable", "The server is shutting down: use another.");
    const body = await readBody(c.req.raw, BODY_LIMIT);
    if (!body) return c.json({ error: `A request may have ${BODY_LIMIT} bytes: send fewer rows.` }, 413);
    const request = decodeRequest(body, c.req.header(HEADER_LENGTH) ?? null);
    const read = readInputs(request.inputs, config, inputs);
    const limit = batcher.rowLimit(read.length);
    if (read.rows > limit)
      throw new ClozeError(
        "invalid-input",
        `A request may have ${limit} rows of ${read.length} tokens, but this one has ${read.rows}: send several.`,
      );
    const positions = read.positions.count > 0;
    const asked =
      request.outputs ??
      session.outputs
        .filter((name) => positions || !shapes.get(name)?.includes("masks"))
        .map((name) => ({ name, binary: request.binary }));
    const unknown = asked.find(({ name }) => !shapes.has(name));
    if (unknown)
      throw new ClozeError(
        "invalid-input",
        `There is no output named ${unknown.name}: this model has ${session.outputs.join(", ")}.`,
      );
    const unfed = asked.find(({ name }) => !positions && shapes.get(name)?.includes("masks"));
    if (unfed)
      throw new ClozeError(
        "invalid-input",
        `${unfed.name} speaks of masked words: send their places as ${MASKED_POSITIONS}, [batch, masks].`,
        { field: MASKED_POSITIONS },
      );
    const names = asked.map(({ name }) => name);
    const sizes = { batch: read.rows, length: read.length, masks: read.positions.count };
    const bytes = answerBytes(shapes, names, sizes);
    if (bytes > ANSWER_LIMIT)
      throw new ClozeError(
        "invalid-input",
        `An answer may have ${ANSWER_LIMIT} bytes of numbers, but this one would have ${bytes}: send fewer rows, or ask for ` +
          "fewer outputs.",
      );

    const { outputs, queueMs, inferenceMs } = await batcher.submit({
      ...read,
      outputs: names,
      signal: patience(c.req.raw.signal, request.timeoutMs),
    });
    const answer = encodeResponse(
      { name: model, version, id: request.id },
      asked.map(({ name, binary }) => ({ name, binary, tensor: outputs.get(name)! })),
    );
    c.header("Server-Timing", `queue;dur=${queueMs.toFixed(2)}, inference;dur=${inferenceMs.toFixed(2)}`);
    c.header(
      "Content-Type",
      answer.headerLength === undefined ? "application/json" : "application/octet-stream",
    );
    if (answer.headerLength !== undefined) c.header(HEADER_LENGTH, String(answer.headerLength));
    return c.body(answer.body);
  }

  function expectModel(c: Context): void {
    const { model: name, version: asked = version } = c.req.param() as { model: string; version?: string };
    if (name !== model)
      throw new ClozeError("not-found", `There is no model named ${name}: this server has ${model}.`);
    if (asked !== version)
      throw new ClozeError(
        "not-found",
        `There is no version ${asked} of ${model}: this server has ${version}.`,
      );
  }

  app.notFound((c) => c.json({ error: `There is no route ${c.req.path}; see GET /v2.` }, 404));
  app.onError((error, c) => {
    const status = error instanceof ClozeError ? statuses[error.code] : undefined;
    if (status === undefined) {
      options.onError(error, c.req.header("x-request-id"));
      return c.json({ error: "The model failed; the server's log says more." }, 500);
    }
    if (status === 503) c.header("Retry-After", "1");
    return Response.json({ error: error.message }, { status, headers: c.res.headers });
  });
  return app;
}

function get(app: Hono, path: string, handler: (c: Context) => Response): void {
  app.get(path, handler);
  app.all(path, (c) => notAllowed(c, "GET, HEAD"));
}

function notAllowed(c: Context, allow: string): Response {
  return c.json({ error: `${c.req.method} is not for this route: use ${allow}.` }, 405, { allow });
}

/** Waits as long as the client does. */
function patience(client: AbortSignal, timeoutMs: number | undefined): AbortSignal {
  if (timeoutMs === undefined) return client;
  return AbortSignal.any([client, AbortSignal.timeout(Math.min(timeoutMs, 2 ** 31 - 1))]);
}
