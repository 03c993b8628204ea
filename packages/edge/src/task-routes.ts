/** The tasks over HTTP: `/v1/NAME`, and `/v1/plugins/NAME` for each plugin's own. */
import type { Context } from "hono";
import { parseJson, readJsonBytes } from "./body.ts";
import { bindings } from "./env.ts";
import type { EdgeEnv } from "./env.ts";
import { isObject } from "./inputs.ts";
import { schemaOfOutput, taskOperation, taskProblems } from "./operation.ts";
import type { Mounted } from "./operation.ts";
import type { EdgeLimits, EdgeOptions } from "./options.ts";
import { noPlugin } from "./plugins/routes.ts";
import { tell } from "./problem.ts";
import { deadlineOf, openModel } from "./request-model.ts";
import { answerJson, answerLines, taskRoutes } from "./routes/index.ts";
import type { Route } from "./routes/index.ts";
import { codeRoute, headRoute } from "./routes/plugin-route.ts";
import type { Services } from "./services.ts";
import * as z from "zod";

const LINES = "application/x-ndjson";
/** Asks for lines; with q=0 one says that one does not want them. */
const WANTS_LINES = /application\/x-ndjson(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;

/** The tasks' operations. */
export function taskRoutesOver(
  options: EdgeOptions,
  limits: EdgeLimits,
  services: Services,
): readonly Mounted[] {
  const { model, plugins: code = [] } = options;
  const tasks: readonly Route[] = taskRoutes(model.config);
  return [
    ...tasks.map((route) => ({
      operation: taskOperation(route, limits.inputs),
      handle: (c: Context<EdgeEnv>) => answer(c, route),
    })),
    {
      operation: {
        method: "post",
        path: "/v1/plugins/{name}",
        id: "runPlugin",
        summary: "Runs a plugin: takes and answers what its task does",
        tag: "Plugins",
        scope: "use",
        parameters: { name: { type: "string" } },
        body: {
          types: ["application/json"],
          schema: { type: "object" },
          example: { text: "a warm , funny film" },
        },
        answers: {
          200: {
            description: "As its task answers.",
            content: { "application/json": schemaOfOutput(z.record(z.string(), z.unknown())), [LINES]: {} },
          },
        },
        problems: taskProblems,
      },
      handle: async (c) => answer(c, await pluginRoute(c, c.req.param("name")!)),
    },
  ];

  async function pluginRoute(c: Context<EdgeEnv>, name: string): Promise<Route> {
    const ofCode = code.find((one) => one.name === name);
    if (ofCode) return codeRoute(ofCode);
    const plugin =
      model.plugins.find((one) => one.name === name) ??
      (await services.store(bindings(c))?.get(name, deadlineOf(c, limits)))?.plugin;
    if (plugin) return headRoute(tasks, plugin);
    throw noPlugin(name);
  }

  async function answer(c: Context<EdgeEnv>, route: Route): Promise<Response> {
    const { signal } = c.req.raw;
    const host = openModel(c, options, limits, services);
    const bytes = await readJsonBytes(c.req.raw, limits.bodyBytes);
    const json = parseJson(bytes);
    c.header("Cache-Control", "no-store");
    if (WANTS_LINES.test(c.req.header("accept") ?? "") && isObject(json) && "inputs" in json)
      return lines(c, (stop) =>
        answerLines(route, json, host, limits, { signal: AbortSignal.any([signal, stop]) }),
      );
    const cache = /\bno-store\b/i.test(c.req.header("cache-control") ?? "")
      ? undefined
      : services.cache(bindings(c));
    if (!cache) return c.json(await answerJson(route, json, host, limits, { signal }));

    const named =
      c.req.param("name") ?? (isObject(json) && typeof json.plugin === "string" ? json.plugin : "");
    const installed =
      named === "" ? undefined : await services.store(bindings(c))?.get(named, deadlineOf(c, limits));
    const key = await cache.key(c.req.path, installed?.active ?? named, bytes);
    const kept = await cache.find(key);
    c.header("X-Cache", kept === undefined ? "MISS" : "HIT");
    if (kept !== undefined) return c.body(kept, 200, { "content-type": "application/json" });
    const answered = JSON.stringify(await answerJson(route, json, host, limits, { signal }));
    afterwards(c, cache.keep(key, answered));
    return c.body(answered, 200, { "content-type": "application/json" });
  }
}

/** Sends one object a line, as they come. What fails on the way is the last line. */
function lines(c: Context<EdgeEnv>, start: (stop: AbortSignal) => AsyncGenerator<object>): Response {
  const leaving = new AbortController();
  const source = start(leaving.signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      let line: object | undefined;
      try {
        const { value, done } = await source.next();
        if (done) return controller.close();
        line = value;
      } catch (error) {
        leaving.abort(); // what runs ahead
        const { code, detail: message } = tell(error, c.get("requestId"));
        line = { error: { code, message, requestId: c.get("requestId") } };
      }
      controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
    },
    cancel: () => leaving.abort(),
  });
  return c.body(body, 200, { "content-type": LINES });
}

/** Lets something end after the answer has gone. */
function afterwards(c: Context<EdgeEnv>, work: Promise<void>): void {
  const logged = work.catch((error: unknown) => console.error(String(error)));
  try {
    c.executionCtx.waitUntil(logged);
  } catch {
    // Not in a Worker: it ends by itself.
  }
}
