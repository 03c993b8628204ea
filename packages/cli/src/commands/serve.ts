/** `cloze serve`: the inference server and the Worker in front of it, on this machine. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { Plugin, Predictor } from "@cloze/core";
import type { RunningServer } from "@cloze/server";
import type { Io } from "../io.ts";
import { notNegative, port as portNumber, positive, shared } from "../options.ts";
import type { RunningWorker } from "../workerd.ts";

export function addServe(program: Command, io: Io): void {
  program
    .command("serve")
    .description("answer over HTTP on this machine")
    .addOption(shared.model)
    .addOption(
      new Option("--port <port>", "where the Worker listens; 0 takes a free port")
        .argParser(portNumber)
        .default(8787)
        .env("PORT"),
    )
    .option("--host <host>", "the address it listens on", "127.0.0.1")
    .option("--server-only", "the inference server alone, as a fleet runs it")
    .option("--server-host <host>", "the address the inference server listens on", "127.0.0.1")
    .option("--server-port <port>", "where the inference server listens; 0 takes a free port", portNumber, 0)
    .option(
      "--models <folder>",
      "serve every model in this folder too, <name>/ or <name>/<version>/, and what changes there",
    )
    .option(
      "--plugins <folder>",
      "where plugins are kept that are installed while it runs (default: nowhere)",
    )
    .addOption(shared.threads)
    .addOption(shared.device)
    .option("--max-batch <rows>", "the most rows of one run", positive, 128)
    .option("--max-tokens <n>", "the most tokens of one run, padding included", positive, 8192)
    .option(
      "--queue-limit <rows>",
      "the most rows that wait; what comes then is answered 503",
      positive,
      1024,
    )
    .option("--delay <ms>", "the longest that a free server waits for company to a request", notNegative, 2)
    .addOption(
      new Option("--log-level <level>", "what the inference server logs; info is every request")
        .choices(["debug", "info", "warn", "error", "silent"] as const)
        .default("warn" as const),
    )
    .option(
      "--key-file <file>",
      "the secret that clients have to send (default: CLOZE_SERVER_KEY, if it is set)",
    )
    .option("--open-metrics", "let /metrics be read without the key")
    .option("--tls-cert <file>", "the certificate of a server with TLS, PEM")
    .option("--tls-key <file>", "its key")
    .option("--tls-ca <file>", "who signs the certificates that clients have to have")
    .addOption(shared.json)
    .addHelpText(
      "after",
      `
Ctrl-C or SIGTERM stops it: what has arrived is answered; a second one ends it at once. SIGHUP takes the folder of
--models as it is now. With --json the address is printed as {"url": "…", "serverUrl": "…"}.

Examples:
  $ cloze serve --port 8787
  $ curl -s http://127.0.0.1:8787/v1/classify -H 'content-type: application/json' -d '{"text":"a warm film"}'
  $ cloze serve --server-only --models models --server-host 0.0.0.0 --server-port 9000 --key-file key`,
    )
    .action(async (options) => {
      const { startServer } = await import("@cloze/server");
      const { loadModel, modelName } = await import("../model.ts");
      const { serverOptions } = await import("../server-options.ts");
      const { host, port, plugins, json, serverOnly, models } = options;
      let reload: (() => void) | undefined;
      const stopped = untilStopped(() => reload, models !== undefined);
      if (!serverOnly) await (await import("../workerd.ts")).expectFree(host, port);
      const common = await serverOptions(options);
      const model = modelName(options.model);
      const alone = serverOnly && models !== undefined && options.model === undefined;
      await using bert = alone ? undefined : await loadModel(options);
      const server = await startServer({
        ...common,
        ...(bert && { session: bert.session, config: bert.config, model }),
      });
      await using _server = { [Symbol.asyncDispose]: () => server.close() };
      reload = () => void server.reload().catch((error: unknown) => io.stderr.write(`${String(error)}\n`));
      if (!bert || serverOnly) {
        await io.stdout.write(
          json
            ? `${JSON.stringify({ serverUrl: server.url })}\n`
            : `The inference server is ready at ${server.url}. Ctrl-C stops it.\n`,
        );
        await stopped;
        return;
      }
      await using worker = await startFront({ options, bert, model, server, key: common.key });
      await io.stdout.write(
        json
          ? `${JSON.stringify({ url: worker.url, serverUrl: server.url })}\n`
          : ready(worker.url, server.url, bert.plugins, plugins),
      );
      await stopped;
      await server.close(); // what has arrived is answered, through the Worker, before it goes
      await new Promise((resolve) => setTimeout(resolve, GOODBYE_MS));
    });
}

/** Starts the Worker before the inference server. */
async function startFront({
  options: { model: place, host, port, plugins },
  bert,
  model,
  server,
  key,
}: {
  readonly options: { model?: string | undefined; host: string; port: number; plugins?: string | undefined };
  readonly bert: Predictor;
  readonly model: string;
  readonly server: RunningServer;
  readonly key: string | undefined;
}): Promise<RunningWorker> {
  const { readModelTexts } = await import("@cloze/runtime/node");
  const { localFolder } = await import("../model.ts");
  const { startWorker } = await import("../workerd.ts");
  const bundle = fileURLToPath(import.meta.resolve("@cloze/worker/bundle"));
  const assets = path.join(path.dirname(bundle), "assets");
  const folder = await localFolder(place);
  return startWorker({
    modules: {
      "worker.js": await readFile(bundle, "utf8"),
      "model.js":
        `export const model = ${JSON.stringify(await readModelTexts(folder))};` +
        `export const encoder = ${JSON.stringify(await encoderOf(folder, model, bert.plugins))};`,
    },
    bindings: {
      CLOZE_SERVER_URL: server.url,
      CLOZE_SERVER_MODEL: model,
      ...(key !== undefined && { CLOZE_SERVER_KEY: key }),
      ...(isLoopback(host) && { CLOZE_ADMIN: "open" }),
    },
    namespaces: ["CLOZE_PLUGINS"],
    state: plugins,
    assets: existsSync(assets) ? assets : undefined,
    host,
    port,
  });
}

/** How long the Worker has to hand the last answers over. */
const GOODBYE_MS = 100;

/**
 * How plugins know the model's encoder: by the hash of its weights. The plugins in its folder name it, and were checked
 * as they were loaded; without any it takes a second for each gigabyte or two.
 */
async function encoderOf(
  folder: string,
  name: string,
  plugins: readonly Plugin[],
): Promise<Plugin["encoder"]> {
  const known = plugins.find(({ encoder }) => encoder)?.encoder;
  if (known) return known;
  const { NodeFiles } = await import("@cloze/runtime/node");
  const files = new NodeFiles(folder);
  const weights = "model.safetensors";
  if (!(await files.list()).files.has(weights)) return undefined; // in several files: no plugin can name it
  return { name, sha256: await files.hash(weights) };
}

/** Whether only this machine can reach an address. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * Resolves at Ctrl-C or when the system asks; a second time the process exits at once. SIGHUP, which a terminal sends as
 * it goes, is what daemons are told to read their files anew with: where there are some, it does that.
 */
function untilStopped(reload: () => (() => void) | undefined, reloads: boolean): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on("SIGINT", stop).on("SIGTERM", stop);
    process.on("SIGHUP", reloads ? () => reload()?.() : stop);
  });
}

function ready(url: string, serverUrl: string, plugins: readonly Plugin[], kept: string | undefined): string {
  const kinds = new Set(plugins.map(({ kind }) => kind));
  const curl = (route: string, body: object): string =>
    `  curl -s ${url}/v1/${route} -H 'content-type: application/json' \\\n    -d '${JSON.stringify(body)}'\n`;
  const question = { question: "Who wrote it?", context: "The play was written by Anton Chekhov in 1896." };
  return [
    `Cloze is ready at ${url}\n\n`,
    kinds.has("sequence") ? curl("classify", { text: "a warm , funny and touching film" }) : "",
    kinds.has("span") ? curl("answer", question) : "",
    `\nPlugins that are put on it (cloze deploy) ${kept === undefined ? "end with it; --plugins FOLDER keeps them" : `are kept in ${kept}`}.\n`,
    `Its inference server is at ${serverUrl}. Ctrl-C stops both.\n`,
  ].join("");
}
