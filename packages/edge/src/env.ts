/** What the app finds in its environment (variables, secrets and bindings of the Worker), and what a request carries. */
import type { Context } from "hono";
import type { ApiKey } from "./auth.ts";
import type { Timing } from "./timing.ts";

/** Marks the environment of a service binding, whose holder needs no key: no variable can have such a name. */
export const TRUSTED = Symbol.for("cloze.trusted");

/** Bindings of the Worker, all of them optional: `worker/wrangler.jsonc` names them, docs/deploy.md explains. */
export interface EdgeBindings {
  readonly [TRUSTED]?: true;
  /** The inference server, or several: `http://a:9000;weight=2, http://b:9000`. */
  readonly CLOZE_SERVER_URL?: string;
  /** The model's name on the server. */
  readonly CLOZE_SERVER_MODEL?: string;
  /** Sent to the server as a bearer token. */
  readonly CLOZE_SERVER_KEY?: string;
  /** A service token of Cloudflare Access, where that guards the server. */
  readonly CLOZE_ACCESS_CLIENT_ID?: string;
  readonly CLOZE_ACCESS_CLIENT_SECRET?: string;
  /** How the server is reached where `fetch` cannot: an mTLS certificate, a VPC service. */
  readonly CLOZE_SERVER?: { fetch(url: string, init: RequestInit): Promise<Response> };
  /** Who may use it, one key a line: `NAME use|admin SHA256`. Without it everybody may use it. */
  readonly CLOZE_KEYS?: string;
  /** `open` lets anybody on this machine, by a loopback address, install plugins where there are no keys. */
  readonly CLOZE_ADMIN?: string;
  /** Pages of these origins may call it: `https://a.example, https://b.example`, or `*`. */
  readonly CLOZE_CORS_ORIGINS?: string;
  /** How long answers are kept, in seconds; 0, the default, keeps none. */
  readonly CLOZE_CACHE_SECONDS?: string;
  /** Cloudflare's rate limiting. */
  readonly CLOZE_RATE_LIMIT?: { limit(options: { key: string }): Promise<{ success: boolean }> };
  /** Where plugins are kept that are installed while it runs: a KV namespace or an R2 bucket. */
  readonly CLOZE_PLUGINS?: object;
}

/** What Hono is told of the app. */
export interface EdgeEnv {
  Bindings: EdgeBindings;
  Variables: {
    requestId: string;
    timing: Timing;
    /** The route that it takes, if there is one. */
    route: string | undefined;
    /** When the answer must be there, as Date.now() counts, where it was asked for: `deadlineOf`. */
    deadline: number | undefined;
    /** Whose request it is, where there are keys. */
    key: ApiKey | undefined;
  };
}

/** The environment; there is none where the app is called without. */
export function bindings(c: Context<EdgeEnv>): EdgeBindings {
  return c.env ?? {};
}
