/** Starts and stops the inference server: a port, a first run that tells the outputs' shapes, an orderly end. */
import { ClozeError } from "@cloze/core";
import type { BertConfig, Session } from "@cloze/core";
import { createAdaptorServer } from "@hono/node-server";
import { Server } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInferenceApp } from "./app.ts";
import { Batcher } from "./batcher.ts";
import { expectPaddable, probe } from "./shapes.ts";

/** What is served, and where. */
export interface ServerOptions {
  /** Stays the caller's: closing the server does not dispose of it. */
  readonly session: Session;
  readonly config: BertConfig;
  /** The model's name in URLs. */
  readonly model: string;
  readonly version?: string;
  /** 127.0.0.1 by default: only this machine. */
  readonly host?: string;
  /** Any free one by default. */
  readonly port?: number;
  /** The most rows of one run: 128 by default. */
  readonly maxBatch?: number;
  /** The most tokens of one run, padding included: 8192 by default. */
  readonly maxTokens?: number;
  /** How long an idle server waits for company to a request, in milliseconds: 2 by default. */
  readonly delayMs?: number;
  /** The most rows that wait: 1024 by default. What comes then is answered 503. */
  readonly queueLimit?: number;
  /** Told of failures that are the server's own fault; by default they go to stderr. */
  readonly onError?: (error: unknown, requestId: string | undefined) => void;
}

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Takes no new request, answers those that have arrived whole, and resolves when all is closed. */
  close(): Promise<void>;
}

/**
 * Serves a session over the Open Inference Protocol.
 *
 * @throws ClozeError `unsupported` for a model whose rows cannot be padded, `port-in-use`, and what the session throws at
 *   its first run.
 *
 * @example
 * const server = await startServer({ session, config, model: "cloze-starter" });
 * await fetch(`${server.url}/v2/health/ready`);
 * await server.close();
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { session, config, model, version = "1", host = "127.0.0.1", port = 0 } = options;
  expectPaddable(session, config);
  const shapes = await probe(session, config);
  const batcher = new Batcher(session, {
    maxRows: options.maxBatch ?? 128,
    maxTokens: options.maxTokens ?? 8192,
    delayMs: options.delayMs ?? 2,
    queueLimit: options.queueLimit ?? 1024,
    maxLength: config.maxPositions,
    shapes,
  });
  let ready = true;
  const app = createInferenceApp({
    session,
    config,
    batcher,
    model,
    version,
    shapes,
    isReady: () => ready,
    onError: options.onError ?? report,
  });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  if (!(server instanceof Server)) throw new ClozeError("internal", "The HTTP server is of an unknown kind.");
  // Longer than a proxy keeps an idle connection, so that no request meets one that is just being closed.
  server.keepAliveTimeout = 65_000;
  const pending = new Set<IncomingMessage>();
  const closeIfDone = (): void => {
    // Connections kept alive, and clients that stall in the middle of a request, are not waited for.
    if (!ready && ![...pending].some(({ complete }) => complete)) server.closeAllConnections();
  };
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    pending.add(request);
    response.once("close", () => {
      pending.delete(request);
      closeIfDone();
    });
  });
  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    new Promise((resolve, reject) => {
      ready = false;
      server.close((error) => (error ? reject(error) : resolve()));
      closeIfDone();
    });
  return {
    url: `http://${reachable(host)}:${address.port}`,
    port: address.port,
    close: () => (closing ??= close()),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === "EADDRINUSE"
          ? new ClozeError("port-in-use", `Port ${port} is in use: choose another, or stop what holds it.`, {
              cause,
            })
          : new ClozeError(
              "invalid-option",
              `The server cannot listen on ${host}:${port}: ${cause.message}.`,
              { cause },
            ),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** An address that a client can use; a server that listens everywhere is reached here, too. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

function report(error: unknown, requestId: string | undefined): void {
  console.error(`The inference server failed on request ${requestId ?? "without id"}:`, error);
}
