/** Starts and stops the inference server: a port, models that are loaded and warmed up, an orderly end. */
import { ClozeError } from "@cloze/core";
import type { BertConfig, Session } from "@cloze/core";
import type { DestinationStream } from "pino";
import { createInferenceApp } from "./app.ts";
import { Device } from "./device.ts";
import { listen } from "./listen.ts";
import type { Listening, Tls } from "./listen.ts";
import { createLog } from "./log.ts";
import type { LogLevel } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { Models } from "./models.ts";
import { Repository } from "./repository.ts";
import { ServedModel } from "./served-model.ts";
import type { LoadedModel, Serving } from "./served-model.ts";

/** What is served, and where: one model (`session`, `config` and `model`), a repository of models, or both. */
export interface ServerOptions {
  /** Stays the caller's: closing the server does not dispose of it. */
  readonly session?: Session;
  readonly config?: BertConfig;
  /** The model's name in URLs. */
  readonly model?: string;
  readonly version?: string;
  /** A folder of models. */
  readonly repository?: RepositorySource;
  /** 127.0.0.1 by default: only this machine. */
  readonly host?: string;
  /** Any free one by default. */
  readonly port?: number;
  /** The most rows of one run: 128 by default. */
  readonly maxBatch?: number;
  /** The most tokens of one run, padding included: 8192 by default. */
  readonly maxTokens?: number;
  /**
   * The longest that a free server waits for company to a request, in milliseconds: 2 by default. It waits only where
   * others came at the same time a moment ago, and no longer than a run costs by itself.
   */
  readonly delayMs?: number;
  /** The most rows that wait: 1024 by default. What comes then is answered 503. */
  readonly queueLimit?: number;
  /** The longest that a model is warmed up before it is ready, in milliseconds: 10 000 by default; 0 is not at all. */
  readonly warmUpMs?: number;
  /** The secret that clients have to send as `Authorization: Bearer …`. */
  readonly key?: string;
  /** Whether /metrics can be read without the key. */
  readonly openMetrics?: boolean;
  /** Certificates, for https. */
  readonly tls?: Tls;
  /** What is logged: `warn` and worse by default, every request with `info`. */
  readonly logLevel?: LogLevel;
  /** Where the log goes: stderr by default. */
  readonly logTo?: DestinationStream;
  /** Told of failures that are the server's own fault, in place of the log. */
  readonly onError?: (error: unknown, requestId: string | undefined) => void;
}

/** Where models lie, and how one is loaded. */
export interface RepositorySource {
  /** The folder: `<name>/` a model, or `<name>/<number>/` its versions. */
  readonly folder: string;
  readonly load: (folder: string) => Promise<LoadedModel>;
  /** How often the folder is looked at, in milliseconds: 2000 by default. */
  readonly everyMs?: number;
}

/** A server that listens and is ready. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Takes the repository's folder as it is now; resolves when all that changed is loaded, or known to be broken. */
  reload(): Promise<void>;
  /**
   * Answers what has arrived whole, and 503 to what comes meanwhile; resolves when all is closed and the repository's
   * models are out of memory.
   */
  close(): Promise<void>;
}

/**
 * Serves models over the Open Inference Protocol.
 *
 * @throws ClozeError `unsupported` for a model whose rows cannot be padded, `port-in-use`, `invalid-option`,
 *   `invalid-model` for a repository without any model that can be loaded, and what the session throws at its first run.
 *
 * @example
 * const server = await startServer({ session, config, model: "cloze-starter" });
 * await fetch(`${server.url}/v2/health/ready`);
 * await server.close();
 *
 * @example
 * const repository = { folder: "models", load: (folder: string) => load(folder) };
 * const server = await startServer({ repository, key: "a secret", logLevel: "silent" });
 * await server.close();
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const limits = {
    maxBatch: options.maxBatch ?? 128,
    delayMs: options.delayMs ?? 2,
    queueLimit: options.queueLimit ?? 1024,
  };
  const log = createLog(options.logLevel ?? "warn", options.logTo);
  const models = new Models();
  const metrics = new Metrics(models);
  const serving: Serving = {
    device: new Device(limits),
    maxRows: limits.maxBatch,
    maxTokens: options.maxTokens ?? 8192,
    warmUpMs: options.warmUpMs ?? 10_000,
    onRun: (model, run) => metrics.run(model, run),
  };
  const { folder, load, everyMs = 2000 } = options.repository ?? {};
  const repository =
    folder === undefined || load === undefined
      ? undefined
      : new Repository({ folder, load, models, serving, log });
  let state: "loading" | "ready" | "closing" = "loading";
  const app = createInferenceApp({
    models,
    repository,
    limits,
    metrics,
    log,
    key: options.key,
    openMetrics: options.openMetrics ?? false,
    isReady: () => state === "ready",
    isClosing: () => state === "closing",
    onError:
      options.onError ?? ((error, requestId) => log.error({ err: error, requestId }, "a request failed")),
  });
  const { host = "127.0.0.1", port = 0, tls } = options;
  const listening = await listen(app.fetch, { host, port, tls });
  try {
    await openModels(options, models, serving, repository);
  } catch (error) {
    await close(listening, repository);
    throw error;
  }
  repository?.watch(everyMs);
  state = "ready";
  if (options.key === undefined && tls?.ca === undefined && !/^(127\.|localhost$|::1$)/.test(host))
    log.warn({ host }, "everybody who reaches this address may ask, load and unload models: give it a key");
  log.info({ url: listening.url, models: models.index }, "ready");
  let closing: Promise<void> | undefined;
  return {
    url: listening.url,
    port: listening.port,
    reload: async () => repository?.reload(),
    close: () => {
      state = "closing";
      return (closing ??= close(listening, repository));
    },
  };
}

async function openModels(
  { session, config, model, version = "1" }: ServerOptions,
  models: Models,
  serving: Serving,
  repository: Repository | undefined,
): Promise<void> {
  if (session && config && model !== undefined) {
    const callers = { session, config, [Symbol.asyncDispose]: async () => {} };
    models.publish(await ServedModel.open(model, version, callers, serving));
  } else if (!repository)
    throw new ClozeError(
      "invalid-option",
      "The server has nothing to serve: give it a session with its config and the model's name, or a repository.",
    );
  await repository?.reload();
  if (models.all.length > 0) return;
  const reasons = models.index.map(({ name, reason }) => `${name}: ${reason}`);
  throw new ClozeError(
    "invalid-model",
    reasons.length === 0
      ? "The repository has no model: put each in a folder of its own there."
      : `No model of the repository can be served. ${reasons.join(" ")}`,
  );
}

async function close(listening: Listening, repository: Repository | undefined): Promise<void> {
  await listening.drain();
  await listening.close();
  await repository?.close();
}
