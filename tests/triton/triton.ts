/**
 * A real NVIDIA Triton before an exported repository: the server that the PyPI package `nvidia-pytriton` brings.
 *
 * That server has no ONNX Runtime backend. `backend: "onnxruntime"` becomes the Python backend with `model.py`, which
 * opens the same model.onnx; scheduler, batching, queues, ensembles, warm-up, HTTP and metrics are Triton's own.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export interface Triton extends AsyncDisposable {
  readonly url: string;
  /** Prometheus's text. */
  metrics(): Promise<string>;
}

const here = fileURLToPath(new URL(".", import.meta.url));

/** What Python says of itself: its version, where packages are, where its own library is. */
const ASK = `
import json, os, pytriton, sys, sysconfig
print(json.dumps({"version": "%d.%d" % sys.version_info[:2], "bin": os.path.dirname(sys.executable),
  "home": os.path.dirname(pytriton.__file__), "library": sysconfig.get_config_var("LIBDIR")}))`;

/**
 * @param python The interpreter that has nvidia-pytriton, onnxruntime and numpy.
 * @param repository The folder that was exported; a copy of it is served.
 */
export async function startTriton(python: string, repository: string): Promise<Triton> {
  const asked = spawnSync(python, ["-c", ASK], { encoding: "utf8" });
  const { version, bin, home, library } = JSON.parse(asked.stdout) as Record<string, string>;
  const folder = mkdtempSync(path.join(tmpdir(), "cloze-triton-"));
  const [models, backends] = [path.join(folder, "models"), path.join(folder, "backends")];
  cpSync(repository, models, { recursive: true });
  for (const name of readdirSync(models)) {
    const config = path.join(models, name, "config.pbtxt");
    if (!existsSync(path.join(models, name, "1/model.onnx"))) continue;
    const text = readFileSync(config, "utf8").replace('backend: "onnxruntime"', 'backend: "python"');
    writeFileSync(config, text);
    cpSync(path.join(here, "model.py"), path.join(models, name, "1/model.py"));
  }
  const server = path.join(home, "tritonserver");
  const stub = `python_backend_stubs/${version}/triton_python_backend_stub`;
  cpSync(path.join(server, "backends"), backends, { recursive: true });
  cpSync(path.join(server, stub), path.join(backends, "python", path.basename(stub)));

  const [http, metrics] = await freePorts(2);
  const child = spawn(
    path.join(server, "bin/tritonserver"),
    Object.entries({
      "model-repository": models,
      "backend-directory": backends,
      "http-address": "127.0.0.1",
      "http-port": http,
      "allow-grpc": false,
      "metrics-address": "127.0.0.1",
      "metrics-port": metrics,
      "exit-timeout-secs": 5,
    }).map(([flag, value]) => `--${flag}=${value}`),
    {
      env: {
        ...process.env,
        PATH: `${bin}:${process.env.PATH ?? ""}`, // the stub starts the Python that is first there
        LD_LIBRARY_PATH: `${path.join(home, "../nvidia_pytriton.libs")}:${library}`,
      },
    },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  };

  const url = `http://127.0.0.1:${http}`;
  while (child.exitCode === null && !(await isReady(url)))
    await new Promise((resolve) => setTimeout(resolve, 100));
  if (child.exitCode !== null) {
    await stop();
    throw new Error(
      `tritonserver ended (does Python have its libpython${version}.so?):\n${log.slice(-4000)}`,
    );
  }
  return {
    url,
    metrics: async () => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text(),
    [Symbol.asyncDispose]: stop,
  };
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/v2/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
