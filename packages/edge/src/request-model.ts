/**
 * The model as one request sees it: a session on the inference server that ends with the request's deadline, the
 * plugins of code, and those that were installed while the app ran and are asked for by name.
 */
import { Predictor } from "@cloze/core";
import type { Context } from "hono";
import { bindings } from "./env.ts";
import type { EdgeEnv } from "./env.ts";
import type { EdgeLimits, EdgeOptions } from "./options.ts";
import { Refusal } from "./problem.ts";
import type { Services } from "./services.ts";
import type { TaskModelHost } from "./routes/run.ts";

/** What a request may ask for as its time, in milliseconds. */
const TIMEOUT = "x-request-timeout";

/**
 * When a request must have been answered.
 *
 * @throws Refusal 400 for an X-Request-Timeout that is no number of milliseconds.
 */
export function deadlineOf(c: Context<EdgeEnv>, { timeoutMs }: Pick<EdgeLimits, "timeoutMs">): number {
  const deadline = c.get("deadline") ?? Date.now() + timeoutOf(c, timeoutMs);
  c.set("deadline", deadline);
  return deadline;
}

/**
 * Opens the model for a request. Nothing is made before it is asked for.
 *
 * @throws Refusal 400 for an X-Request-Timeout that is no number of milliseconds.
 */
export function openModel(
  c: Context<EdgeEnv>,
  { model, plugins: code = [] }: EdgeOptions,
  limits: EdgeLimits,
  services: Services,
): TaskModelHost {
  const deadline = deadlineOf(c, limits);
  const env = bindings(c);
  const known = new Set([...model.plugins, ...code].map(({ name }) => name));
  const attached = new Map<string, Promise<void>>(); // of this request: none waits on another's
  let base: Promise<Predictor> | undefined;

  async function open(): Promise<Predictor> {
    const session = services.pool(env).session({
      deadline,
      headers: { "x-request-id": c.get("requestId"), ...services.credentials(env) },
      fetch: c.get("timing").fetch,
    });
    const predictor = new Predictor({ ...model, session });
    for (const plugin of code) await predictor.plugin(plugin);
    return predictor;
  }

  async function attach(name: string): Promise<void> {
    const head = await services.store(env)?.find(name, deadline);
    if (head) await (await (base ??= open())).plugin(head);
  }

  return {
    tokenizer: model.tokenizer,
    async predictor(plugin) {
      if (plugin !== undefined && !known.has(plugin)) {
        if (!attached.has(plugin)) attached.set(plugin, attach(plugin));
        await attached.get(plugin);
      }
      return (base ??= open());
    },
  };
}

function timeoutOf(c: Context<EdgeEnv>, most: number): number {
  const asked = c.req.header(TIMEOUT);
  if (asked === undefined) return most;
  if (!/^\d+$/.test(asked) || Number(asked) === 0)
    throw new Refusal(400, `X-Request-Timeout should be a whole number of milliseconds from 1 up.`);
  return Math.min(most, Number(asked));
}
