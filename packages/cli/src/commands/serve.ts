/** `cloze serve`: the inference server and the Worker in front of it, on this machine. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { Plugin } from "@cloze/core";
import type { Io } from "../io.ts";
import { port as portNumber, shared } from "../options.ts";

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
    .option("--server-port <port>", "where the inference server listens; 0 takes a free port", portNumber, 0)
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addHelpText(
      "after",
      `
Ctrl-C stops it. With --json the address is printed as {"url": "…", "serverUrl": "…"}.

Example:
  $ cloze serve --port 8787
  $ curl -s http://127.0.0.1:8787/v1/classify -H 'content-type: application/json' -d '{"text":"a warm film"}'`,
    )
    .action(async (options) => {
      const { readModelTexts } = await import("@cloze/runtime/node");
      const { startServer } = await import("@cloze/server");
      const { loadModel, localFolder, modelName } = await import("../model.ts");
      const { expectFree, startWorker } = await import("../workerd.ts");
      const { host, port, serverPort, json } = options;
      const stopped = untilStopped();
      await expectFree(host, port);
      await using bert = await loadModel(options);
      const model = modelName(options.model);
      const server = await startServer({
        session: bert.session,
        config: bert.config,
        model,
        port: serverPort,
      });
      await using _server = { [Symbol.asyncDispose]: () => server.close() };
      const bundle = fileURLToPath(import.meta.resolve("@cloze/worker/bundle"));
      await using worker = await startWorker({
        modules: {
          "worker.js": await readFile(bundle, "utf8"),
          "model.js": `export const model = ${JSON.stringify(await readModelTexts(await localFolder(options.model)))};`,
        },
        bindings: { CLOZE_SERVER_URL: server.url, CLOZE_SERVER_MODEL: model },
        host,
        port,
      });
      await io.stdout.write(
        json
          ? `${JSON.stringify({ url: worker.url, serverUrl: server.url })}\n`
          : ready(worker.url, server.url, bert.plugins),
      );
      await stopped;
      await server.close(); // what has arrived is answered, through the Worker, before it goes
      await new Promise((resolve) => setTimeout(resolve, GOODBYE_MS));
    });
}

/** How long the Worker has to hand the last answers over. */
const GOODBYE_MS = 100;

/** Resolves at Ctrl-C or when the system asks; a second time the process exits at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  });
}

function ready(url: string, serverUrl: string, plugins: readonly Plugin[]): string {
  const kinds = new Set(plugins.map(({ kind }) => kind));
  const curl = (route: string, body: object): string =>
    `  curl -s ${url}/v1/${route} -H 'content-type: application/json' \\\n    -d '${JSON.stringify(body)}'\n`;
  const question = { question: "Who wrote it?", context: "The play was written by Anton Chekhov in 1896." };
  return [
    `Cloze is ready at ${url}\n\n`,
    kinds.has("sequence") ? curl("classify", { text: "a warm , funny and touching film" }) : "",
    kinds.has("span") ? curl("answer", question) : "",
    `\nIts inference server is at ${serverUrl}. Ctrl-C stops both.\n`,
  ].join("");
}
