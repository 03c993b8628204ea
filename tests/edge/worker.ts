/** The built Worker in real workerd, with its variables as a test wants them. */
import type { Filled } from "@cloze/core";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Log, LogLevel, Miniflare } from "miniflare";

export interface Worker extends AsyncDisposable {
  readonly url: string;
  /** What the Worker wrote to its console. */
  readonly log: string[];
  send(path: string, init?: RequestInit): Promise<Answer>;
  /** Posts JSON; a string is sent as it is. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came, and read as JSON where it is JSON. */
  readonly text: string;
  readonly body: Body;
}

/** Every field that an answer of some route may have; a test reads those that it expects. */
interface Body {
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  readonly label: string;
  readonly score: number;
  readonly nullScore: number;
  readonly answer: string;
  readonly start: number;
  readonly end: number;
  readonly answers: readonly { readonly start: number; readonly score: number }[];
  readonly entities: readonly { readonly label: string; readonly start: number; readonly end: number }[];
  readonly masks: Filled["masks"];
  readonly fillings?: Filled["fillings"];
  readonly isNext: number;
  readonly embedding: readonly number[];
  readonly offsetEncoding: string;
  readonly results: readonly Body[];
}

const variable = (value: string) => ({ type: "text", value }) as const;

const contents = (module: string) => readFile(fileURLToPath(import.meta.resolve(module)), "utf8");

/** What the environment of a Worker may hold beside texts, as Miniflare has it. */
type Binding =
  | string
  | { readonly type: "kv" }
  | {
      readonly type: "rate-limit";
      readonly namespace: string;
      readonly simple: { readonly limit: number; readonly period: 10 | 60 };
    };

/**
 * @param server The inference server's address; without one the variables are not set.
 * @param others Other variables and bindings.
 * @param assets A folder of static files that are answered before the Worker is asked.
 */
export async function startWorker(
  server: string | undefined,
  model = "cloze-starter",
  others: Readonly<Record<string, Binding>> = {},
  assets?: string,
): Promise<Worker> {
  const named = server === undefined ? {} : { CLOZE_SERVER_URL: server, CLOZE_SERVER_MODEL: model };
  const env = Object.entries({ ...named, ...others }).map(
    ([name, value]) => [name, typeof value === "string" ? variable(value) : value] as const,
  );
  const modules = {
    "worker.js": { type: "esm", contents: await contents("@cloze/worker/bundle") },
    "model.js": { type: "esm", contents: await contents("@cloze/worker/model") },
  } as const;
  const log: string[] = [];
  const miniflare = new Miniflare({
    cf: false, // nothing is fetched from Cloudflare
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: ({ message }) => log.push(message),
    workers: [
      {
        config: {
          name: "cloze",
          compatibilityDate: "2026-11-01",
          env: Object.fromEntries(env),
          manifest: { mainModule: "worker.js", modules },
          ...(assets !== undefined && { assets: { directory: assets, hasUserWorker: true } }),
        },
      },
    ],
  });
  const url = (await miniflare.ready).href;
  const send: Worker["send"] = async (path, init) => {
    const response = await fetch(new URL(path, url), { ...init, signal: AbortSignal.timeout(60_000) });
    const { status, headers } = response;
    const text = await response.text();
    const json = text !== "" && /json/.test(headers.get("content-type") ?? "");
    return { status, headers, text, body: (json ? JSON.parse(text) : {}) as Body };
  };
  return {
    url,
    log,
    send,
    post: (path, body, headers = {}) =>
      send(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: () => miniflare.dispose(),
  };
}
