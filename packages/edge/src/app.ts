/**
 * The SDK's app: BERT's tasks as HTTP routes, to be mounted in any Worker or other host of `fetch`. The encoder
 * runs on an inference server; text is tokenized and answers are decoded here.
 *
 * Nothing is shared between requests but the model's read-only parts: workerd forbids that a request waits on what
 * another one began.
 */
import { ClozeError, Predictor } from "@cloze/core";
import type { ModelDescription } from "@cloze/core";
import { RemoteSession } from "@cloze/runtime/remote";
import { Hono } from "hono";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type * as z from "zod";
import { parseInputs, readJson } from "./body.ts";
import type { EdgeEnv } from "./env.ts";
import { renderPage } from "./page.ts";
import { isInputError, problem } from "./problem.ts";
import * as routes from "./routes.ts";
import type { Route } from "./routes.ts";
import { Timing } from "./timing.ts";

/** What a Worker holds of a model whose weights are elsewhere: what `readModel` gives. */
export type EdgeModel = Pick<ModelDescription, "tokenizer" | "config" | "plugins">;

/** What an app serves. */
export interface EdgeOptions {
  readonly model: EdgeModel;
  /** The inference server; by default the Worker's variables CLOZE_SERVER_URL and CLOZE_SERVER_MODEL name it. */
  readonly server?: { readonly url: string; readonly model: string };
  readonly limits?: Partial<EdgeLimits>;
  /** The demo page at `/`: the text of `@cloze/edge/page.html`. Without it there is none. */
  readonly page?: string;
}

/** The most that one request may ask for. */
export interface EdgeLimits {
  /** The most bytes of a request's body: 1 MiB by default. */
  readonly bodyBytes: number;
  /** The most inputs of one request: 64 by default. */
  readonly inputs: number;
  /**
   * The most tokens of the windows over long texts that are held at once, 2^18 by default. A window counts as long as
   * it may be. They are made before the first one runs, and a great overlap makes one a token of the text.
   */
  readonly windowTokens: number;
  /**
   * The most rows that a request may take of a model that is asked for its whole vocabulary, as `joint` and `pieces` of
   * `/v1/fill` do: 1024 by default. Of a list that is answered in parts, each part has its share.
   */
  readonly vocabularyRows: number;
  /** How long the inference server may take for a request, in milliseconds: 30 000 by default. */
  readonly timeoutMs: number;
}

const usualLimits: EdgeLimits = {
  bodyBytes: 2 ** 20,
  inputs: 64,
  windowTokens: 2 ** 18,
  vocabularyRows: 1024, // 120 KB each, for a vocabulary of 30 000
  timeoutMs: 30_000,
};

/** A health check waits less than a task. */
const READY_TIMEOUT_MS = 5_000;

/**
 * Makes the app. Make it once, outside the handler of requests.
 *
 * @example
 * const app = createApp({ model: { tokenizer, config, plugins }, page });
 * export default { fetch: app.fetch };
 */
export function createApp({ model, server, limits: changes, page }: EdgeOptions): Hono<EdgeEnv> {
  const limits = { ...usualLimits, ...changes };
  const app = new Hono<EdgeEnv>();
  app.onError(problem);
  app.notFound((c) =>
    problem(new HTTPException(404, { message: `There is no route ${c.req.path}; see docs/http.md.` }), c),
  );

  app.use(async (c, next) => {
    const asked = c.req.header("x-request-id");
    c.set("requestId", asked && /^[\w.:-]{1,128}$/.test(asked) ? asked : crypto.randomUUID());
    c.set("timing", new Timing());
    await next();
    c.header("X-Request-Id", c.get("requestId"));
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Server-Timing", c.get("timing").header());
  });

  get("/healthz", (c) => c.json({ status: "ok" }));
  get("/readyz", async (c) => {
    await connect(c, READY_TIMEOUT_MS).ready({ signal: c.req.raw.signal });
    return c.json({ status: "ready" });
  });
  if (page !== undefined) get("/", () => renderPage(page, model.plugins));
  post(routes.classify);
  post(routes.answer(model.config.maxPositions));
  post(routes.tag(model.config.maxPositions));
  post(routes.fill(model.config.maxPositions));
  post(routes.next);
  post(routes.choose);
  post(routes.embed(model.config.layers));
  post(routes.tokenize);
  return app;

  function get(path: string, handler: (c: Context<EdgeEnv>) => Response | Promise<Response>): void {
    app.get(path, handler);
    app.all(path, (c) => refuseMethod(c, "GET, HEAD"));
  }

  function post<I extends z.ZodObject, O extends z.ZodObject>(route: Route<I, O>): void {
    app.post(route.path, async (c) => {
      const json = await readJson(c.req.raw, limits.bodyBytes);
      const { inputs, options, many } = parseInputs(json, route.input, route.options, limits.inputs);
      let predictor: Predictor | undefined; // one, since its session's deadline is the request's
      const host = {
        windowTokens: limits.windowTokens,
        tokenizer: model.tokenizer,
        predictor: () => (predictor ??= new Predictor({ ...model, session: connect(c, limits.timeoutMs) })),
      };
      const { signal } = c.req.raw;
      const run = (some: readonly z.output<I>[]) => {
        const vocabularyRows = Math.floor((limits.vocabularyRows * some.length) / Math.max(1, inputs.length));
        return route.run({ ...host, vocabularyRows }, some, options, { signal });
      };
      const about = route.about?.(options);
      if (!many) return c.json({ ...(await run(inputs))[0], ...about });
      return c.json({ results: await runEach(inputs, run), ...about });
    });
    app.all(route.path, (c) => refuseMethod(c, "POST"));
  }

  /** A session of this request's own. */
  function connect(c: Context<EdgeEnv>, timeoutMs: number): RemoteSession {
    const { url, model: name } = server ?? { url: c.env?.CLOZE_SERVER_URL, model: c.env?.CLOZE_SERVER_MODEL };
    try {
      if (url && name)
        return new RemoteSession({
          url,
          model: name,
          maxLength: model.config.maxPositions,
          timeoutMs,
          deadline: Date.now() + timeoutMs,
          headers: { "x-request-id": c.get("requestId") },
          fetch: c.get("timing").fetch,
        });
    } catch (cause) {
      throw new ClozeError(
        "server-unavailable",
        "CLOZE_SERVER_URL is not an address: write http://host:port.",
        { cause },
      );
    }
    throw new ClozeError(
      "server-unavailable",
      "This service has no inference server: set CLOZE_SERVER_URL and CLOZE_SERVER_MODEL.",
    );
  }
}

/**
 * Runs inputs together. If one is at fault, or they are too much at once, halves are tried one after the other, so
 * that the others are answered and the one gets its error in its place; the core refuses before it runs, so what fails
 * costs no inference.
 */
async function runEach<I>(
  inputs: readonly I[],
  run: (inputs: readonly I[]) => Promise<readonly object[]>,
): Promise<readonly object[]> {
  try {
    return await run(inputs);
  } catch (error) {
    if (!isInputError(error)) throw error;
    if (inputs.length === 1)
      return [{ error: { code: error.code, message: error.message, field: error.field } }];
    const half = Math.ceil(inputs.length / 2);
    return [...(await runEach(inputs.slice(0, half), run)), ...(await runEach(inputs.slice(half), run))];
  }
}

function refuseMethod(c: Context, allow: string): never {
  c.header("Allow", allow);
  throw new HTTPException(405, { message: `${c.req.method} is not for this route: use ${allow}.` });
}
