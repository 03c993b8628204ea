/**
 * The SDK's app: BERT's tasks as HTTP routes, to be mounted in any Worker or other host of `fetch`. The encoder
 * runs on an inference server; text is tokenized and answers are decoded here.
 *
 * Nothing is shared between requests but read-only parts and plain counts: workerd forbids that a request waits on what
 * another one began.
 */
import { Hono } from "hono";
import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { requireScope } from "./auth.ts";
import { bindings } from "./env.ts";
import type { EdgeEnv } from "./env.ts";
import { huggingFaceRoutes } from "./hugging-face/index.ts";
import { Metrics } from "./metrics.ts";
import { openAiRoutes } from "./openai.ts";
import type { Mounted } from "./operation.ts";
import { usualLimits } from "./options.ts";
import type { EdgeOptions } from "./options.ts";
import { pageRoutes } from "./page-routes.ts";
import { pluginRoutes } from "./plugins/routes.ts";
import { problem, Refusal } from "./problem.ts";
import { rateLimit } from "./rate-limit.ts";
import { Services } from "./services.ts";
import { statusRoutes } from "./status-routes.ts";
import { taskRoutesOver } from "./task-routes.ts";
import { Timing } from "./timing.ts";

/**
 * Makes the app. Make it once, outside the handler of requests.
 *
 * @throws ClozeError `invalid-plugin` for two plugins of one name.
 * @example
 * const app = createApp({ model: { tokenizer, config, plugins }, page });
 * export default { fetch: app.fetch };
 */
export function createApp(options: EdgeOptions): Hono<EdgeEnv> {
  const limits = { ...usualLimits, ...options.limits };
  const services = new Services({ ...options, limits });
  const metrics = new Metrics();
  const app = new Hono<EdgeEnv>();
  app.onError(problem);
  app.notFound((c) =>
    problem(new Refusal(404, `There is no route ${c.req.path}: GET /openapi.json lists those there are.`), c),
  );

  app.use(async (c, next) => {
    const asked = c.req.header("x-request-id");
    c.set("requestId", asked && /^[\w.:-]{1,128}$/.test(asked) ? asked : crypto.randomUUID());
    const { CLOZE_SERVER: binding } = bindings(c);
    c.set(
      "timing",
      new Timing(binding ? (url, init) => binding.fetch(url, init) : (url, init) => fetch(url, init)),
    );
    await next();
    metrics.count(c.get("route") ?? "none", c.res.status);
    c.header("X-Request-Id", c.get("requestId"));
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Server-Timing", c.get("timing").header());
  });
  app.use(async (c, next) => {
    const origins = bindings(c)
      .CLOZE_CORS_ORIGINS?.split(/[\s,]+/)
      .filter(Boolean);
    if (!origins) return next();
    const open = cors({
      origin: origins.includes("*") ? "*" : origins,
      allowMethods: ["GET", "POST", "PUT", "DELETE"],
      exposeHeaders: ["X-Request-Id", "Server-Timing", "Retry-After"],
      maxAge: 600,
    });
    return open(c, next);
  });

  const mounted: readonly Mounted[] = [
    ...taskRoutesOver(options, limits, services),
    ...huggingFaceRoutes(options, limits, services),
    ...openAiRoutes(options, limits, services),
    ...pluginRoutes(options, limits, services),
    ...statusRoutes(services, metrics),
  ];
  const all: readonly Mounted[] = [...mounted, ...pageRoutes(options, limits, () => all)];
  for (const { operation, handle } of all) {
    const { method, path, scope } = operation;
    const guards = scope ? [requireScope(scope, (env) => services.keys(env)), rateLimit] : [];
    app.on(method.toUpperCase(), honoPath(path), named(path), ...guards, handle);
  }
  for (const path of new Set(all.map(({ operation }) => operation.path))) {
    const here = all.filter(({ operation }) => operation.path === path);
    const allow = here.flatMap(({ operation: { method } }) =>
      method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()],
    );
    app.all(honoPath(path), named(path), (c) => refuseMethod(c, allow.join(", ")));
  }
  return app;
}

/** Says which route a request takes. */
function named(path: string): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    c.set("route", path);
    await next();
  };
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function refuseMethod(c: Context, allow: string): never {
  throw new Refusal(405, `${c.req.method} is not for this route: use ${allow}.`, { headers: { allow } });
}
