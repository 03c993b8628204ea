/**
 * The built Worker in workerd itself. Miniflare, which the tests use, puts a Worker of its own before it, and that costs
 * about a millisecond a request.
 */
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const config = (bindings) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "model.js", esModule = embed "model.js"),
  ],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["enable_request_signal"],
  bindings = [${Object.entries(bindings)
    .map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`)
    .join(", ")}],
);
`;

/** Starts it before an inference server. */
export async function startWorkerd(server) {
  const folder = mkdtempSync(path.join(tmpdir(), "cloze-workerd-"));
  for (const [name, module] of [
    ["worker.js", "@cloze/worker/bundle"],
    ["model.js", "@cloze/worker/model"],
  ])
    copyFileSync(fileURLToPath(import.meta.resolve(module)), path.join(folder, name));
  const file = path.join(folder, "worker.capnp");
  writeFileSync(file, config({ CLOZE_SERVER_URL: server, CLOZE_SERVER_MODEL: "cloze-starter" }));
  const { default: binary } = createRequire(createRequire(import.meta.url).resolve("miniflare"))("workerd");
  const child = spawn(binary, ["serve", file, "--control-fd=3"], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const port = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code}.`)));
    child.stdio[3].on("data", (chunk) => {
      const said = JSON.parse(chunk.toString().split("\n")[0]);
      if (said.event === "listen") resolve(said.port);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]() {
      child.removeAllListeners("exit");
      child.kill();
      rmSync(folder, { recursive: true });
    },
  };
}
