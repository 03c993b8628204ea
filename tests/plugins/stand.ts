/**
 * The built Worker in real workerd, twice over one store of plugins, as two isolates of a deployment are: `here` and
 * `there`. Before it the starter's real server.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Predictor } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { startServer } from "@cloze/server";
import { Log, LogLevel, Miniflare } from "miniflare";
import { starter } from "../starter.ts";

type Isolate = "here" | "there";

/** What is in an answer of these routes; a test reads what it expects. */
interface Body {
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  readonly name: string;
  readonly version: string;
  readonly kind: string;
  readonly sha256: string;
  readonly label: string;
  readonly score: number;
  readonly entities: readonly object[];
  readonly answer: string;
  readonly versions: readonly { readonly version: string; readonly sha256: string }[];
  readonly plugins: readonly Body[];
  readonly source: string;
  readonly error?: { readonly code: string };
}

interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly headers: { get(name: string): string | null };
}

export interface Stand extends AsyncDisposable {
  /** The starter in this process, to compare with. */
  readonly bert: Predictor;
  /** The address of the isolate `here`. */
  readonly url: string;
  readonly send: (
    method: string,
    path: string,
    body?: Uint8Array | object,
    headers?: object,
    isolate?: Isolate,
  ) => Promise<Answer>;
  /** The bytes under a key, as the store has them. */
  keys(): Promise<readonly string[]>;
  damage(key: string, bytes: Uint8Array): Promise<void>;
}

const contents = (module: string) => readFile(fileURLToPath(import.meta.resolve(module)), "utf8");
const text = (value: string) => ({ type: "text", value }) as const;

/** What is kept where: as in a deployment, under `CLOZE_PLUGINS`. */
const places = { kv: { type: "kv", id: "plugins" }, r2: { type: "r2", name: "plugins" } } as const;

interface Bucket {
  list(): Promise<{ keys?: { name: string }[]; objects?: { key: string }[] }>;
  put(key: string, bytes: Uint8Array): Promise<unknown>;
}

export async function startStand(place: keyof typeof places): Promise<Stand> {
  const bert = await load(starter);
  const server = await startServer({ session: bert.session, config: bert.config, model: "cloze-starter" });
  const modules = {
    "worker.js": { type: "esm", contents: await contents("@cloze/worker/bundle") },
    "model.js": { type: "esm", contents: await contents("@cloze/worker/model") },
  } as const;
  const config = (name: Isolate) => ({
    config: {
      name,
      compatibilityDate: "2026-11-01",
      compatibilityFlags: ["enable_request_signal"],
      env: {
        CLOZE_SERVER_URL: text(server.url),
        CLOZE_SERVER_MODEL: text("cloze-starter"),
        CLOZE_ADMIN: text("open"),
        CLOZE_PLUGINS: places[place],
      },
      manifest: { mainModule: "worker.js", modules },
    },
  });
  const miniflare = new Miniflare({
    cf: false, // nothing is fetched from Cloudflare
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: () => {},
    workers: [config("here"), config("there")],
  });
  const url = (await miniflare.ready).origin;
  const bucket = (place === "kv"
    ? await miniflare.getKVNamespace("CLOZE_PLUGINS", "here")
    : await miniflare.getR2Bucket("CLOZE_PLUGINS", "here")) as unknown as Bucket;
  return {
    bert,
    url,
    async send(method, path, body, headers = {}, isolate = "here") {
      const file = body instanceof Uint8Array;
      const worker = await miniflare.getWorker(isolate);
      const response = await worker.fetch(new URL(path, url), {
        method,
        headers: {
          ...(body && { "content-type": file ? "application/zip" : "application/json" }),
          ...headers,
        },
        ...(body && { body: file ? body : JSON.stringify(body) }),
      });
      const said = await response.text();
      const json = /json/.test(response.headers.get("content-type") ?? "");
      return {
        status: response.status,
        headers: response.headers,
        body: (json ? JSON.parse(said) : {}) as Body,
      };
    },
    async keys() {
      const { keys, objects } = await bucket.list();
      return keys?.map(({ name }) => name) ?? objects?.map(({ key }) => key) ?? [];
    },
    damage: async (key, bytes) => void (await bucket.put(key, bytes)),
    async [Symbol.asyncDispose]() {
      await miniflare.dispose();
      await server.close();
      await bert[Symbol.asyncDispose]();
    },
  };
}
