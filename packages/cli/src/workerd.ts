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
  /** What its KV namespaces are bound as. */
  readonly namespaces?: readonly string[];
  /** The folder that they are kept in; without one they end with the Worker. */
  readonly state?: string | undefined;
  /** A folder of static files, which are answered before the Worker is asked. */
  readonly assets?: string | undefined;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface RunningWorker extends AsyncDisposable {
  readonly url: string;
}

/** What workerd and V8 put before an error's message. */
const ORIGIN = /^service \S+: |\bUncaught |\b(?:Cloze)?Error: /g;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Starts a Worker, and resolves when it answers.
 *
 * @throws ClozeError `port-in-use`; `server-unavailable`, with workerd's reason, where it does not start.
 */
export async function startWorker({
  modules,
  bindings = {},
  namespaces = [],
  state,
  assets,
  host,
  port,
}: WorkerOptions): Promise<RunningWorker> {
  await expectFree(host, port);
  const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
  let complaint: string | undefined; // the first that workerd has as it starts
  let log = (message: string): void => void (complaint ??= message);
  const miniflare = new Miniflare({
    host,
    port,
    cf: false, // else it would fetch an example request's properties
    telemetry: { enabled: false },
    enableDevRegistry: false,
    logRequests: false,
    handleStructuredLogs: ({ message }) => log(message),
    ...(state !== undefined && { resourcePersistencePath: state }),
    workers: [
      {
        config: {
          name: "cloze",
          compatibilityDate: "2026-11-01",
          compatibilityFlags: ["enable_request_signal"], // as worker/wrangler.jsonc has it
          env: {
            ...Object.fromEntries(
              Object.entries(bindings).map(([name, value]) => [name, { type: "text", value } as const]),
            ),
            ...Object.fromEntries(namespaces.map((name) => [name, { type: "kv", id: name } as const])),
          },
          ...(assets !== undefined && { assets: { directory: assets, hasUserWorker: true } }),
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
  const url = await miniflare.ready.catch(async (cause: Error) => {
    await miniflare.dispose().catch(() => {}); // it stops all, and then throws the cause again
    const [reason] = (complaint ?? cause.message).split("\n");
    const message = `The Worker did not start: ${reason.replace(ORIGIN, "").replace(/\.?$/, ".")}`;
    throw new ClozeError("server-unavailable", message, { cause });
  });
  log = console.error;
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
              `Port ${port} is in use: choose another with --port (or PORT=…), or stop what holds it.`,
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
