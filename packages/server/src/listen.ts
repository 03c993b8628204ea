/** A port, open or with TLS, and its orderly end: what has arrived whole is answered, nothing else is waited for. */
import { ClozeError } from "@cloze/core";
import { getRequestListener } from "@hono/node-server";
import { createServer as createOpenServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** Certificates in PEM. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
  /** Who signs the clients' certificates: with it every client has to have one. */
  readonly ca?: string | undefined;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: Tls | undefined;
}

/** A port that is open. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /**
   * Resolves when all requests that have arrived whole are answered; those that come later, and clients
   * that do not take their answers, are not waited for.
   */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** How long clients may take for their answers when all have been given. */
const GRACE_MS = 3000;

/** How often a server that drains looks whether it is done. */
const LOOK_MS = 20;

/** @throws ClozeError `port-in-use`, `invalid-option`. */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port, tls }: ListenOptions,
): Promise<Listening> {
  const server = makeServer(getRequestListener(fetch, { overrideGlobalObjects: false }), tls);
  // Longer than a proxy keeps an idle connection, so that no request meets one that is just being closed.
  server.keepAliveTimeout = 65_000;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const pending = new Map<IncomingMessage, ServerResponse>();
  let draining = false;
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (draining) return;
    pending.set(request, response);
    response.once("close", () => pending.delete(request));
  });
  await open(server, port, host);
  const address = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://${reachable(host)}:${address.port}`,
    port: address.port,
    async drain() {
      draining = true;
      for (let graceMs = GRACE_MS; graceMs > 0;) {
        // Clients that stall in the middle of a request are not waited for.
        const arrived = [...pending].filter(([request]) => request.complete);
        if (arrived.length === 0) return;
        const start = performance.now();
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        if (arrived.every(([, response]) => response.headersSent)) graceMs -= performance.now() - start;
      }
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        for (const socket of sockets) socket.destroy(); // kept alive, or in the middle of TLS' greetings
      }),
  };
}

function makeServer(listener: RequestListener, tls: Tls | undefined): Server {
  if (!tls) return createOpenServer(listener);
  const { cert, key, ca } = tls;
  try {
    return createTlsServer({ cert, key, ...(ca !== undefined && { ca, requestCert: true }) }, listener);
  } catch (cause) {
    throw new ClozeError(
      "invalid-option",
      `The TLS certificate and key cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  }
}

async function open(server: Server, port: number, host: string): Promise<void> {
  if (!(Number.isInteger(port) && port >= 0 && port < 2 ** 16))
    throw new ClozeError("invalid-option", `port should be 0 to 65535, but is ${port}.`, { field: "port" });
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
