/** Cloudflare's rate limiting, by key where there are keys and else by address. */
import type { MiddlewareHandler } from "hono";
import { bindings } from "./env.ts";
import type { EdgeEnv } from "./env.ts";
import { Refusal } from "./problem.ts";

/** How long Cloudflare's shorter period is; a client that comes too early is told again. */
const PERIOD_SECONDS = "10";

/** Refuses what goes beyond the limit of the binding CLOZE_RATE_LIMIT, if there is one. */
export const rateLimit: MiddlewareHandler<EdgeEnv> = async (c, next) => {
  const limiter = bindings(c).CLOZE_RATE_LIMIT;
  if (limiter) {
    const key = c.get("key")?.name ?? c.req.header("cf-connecting-ip") ?? "anybody";
    if (!(await limiter.limit({ key })).success)
      throw new Refusal(429, "That was one request too many for now: try again in a moment.", {
        headers: { "retry-after": PERIOD_SECONDS },
      });
  }
  await next();
};
