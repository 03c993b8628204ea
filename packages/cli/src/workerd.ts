/**
 * A Worker on this machine: workerd, started and stopped by Miniflare, with nothing sent anywhere.
 */
import { createServer } from "node:net";
import { ClozeError } from "@cloze/core";
import { Miniflare } from "miniflare";

export interface WorkerOptions {
  /** The sources of its ES modules by name, the main one first. */
  readonly modules: Readonly<Record<string, string>>;
  /** Its text bindings. */
  readonly bindings?: Readonly<Record<string, string>>;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface RunningWorker extends AsyncDisposable {
  readonly url: string;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Starts a Worker, and resolves when it answers.
 *
 * @throws ClozeError `port-in-use`; what Miniflare throws where workerd does not start.
 */
export async function startWorker({
  modules,
  bindings = {},
  host,
  port,
}: WorkerOptions): Promise<RunningWorker> {
  await expectFree(host, port);
  const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
  const miniflare = new Miniflare({
    host,
    port,
    cf: false, // else it would fetch an example request's properties
    telemetry: { enabled: false },
    enableDevRegistry: false,
    logRequests: false,
    workers: [
      {
        config: {
          name: "cloze",
          compatibilityDate: "2026-11-01",
          env: Object.fromEntries(
            Object.entries(bindings).map(([name, value]) => [name, { type: "text", value }]),
          ),
          manifest: {
            mainModule: Object.keys(modules)[0],
            modules: Object.fromEntries(
              Object.entries(modules).map(([name, contents]) => [name, { type: "esm", contents }]),
            ),
          },
        },
      },
    ],
  });
  const url = await miniflare.ready;
  // Its handlers would exit with 130 before anything was closed; its handler of `exit`, which stops workerd, stays.
  for (const signal of SIGNALS)
    for (const listener of process.listeners(signal))
      if (!before.get(signal)?.includes(listener)) process.off(signal, listener);
  return { url: url.origin, [Symbol.asyncDispose]: () => miniflare.dispose() };
}

/**
 * Finds out whether a port can be listened on.
 *
 * @throws ClozeError `port-in-use`, or `invalid-option` for a host or a port that is not to be had.
 */
export async function expectFree(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === "EADDRINUSE"
          ? new ClozeError(
              "port-in-use",
              `Port ${port} is in use: choose another with --port, or stop what holds it.`,
              {
                cause,
              },
            )
          : new ClozeError("invalid-option", `${host}:${port} cannot be listened on: ${cause.message}.`, {
              cause,
            }),
      );
    });
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
