/** The manifests of deploy/: valid by Kubernetes' and KServe's own schemas, and with a proxy that keeps others out. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { finish, start } from "../cli/cloze.ts";
import { pythonWith } from "../reference/python.ts";

const deploy = fileURLToPath(new URL("../../deploy/", import.meta.url));
const files = ["kubernetes", "kserve"].flatMap((folder) =>
  readdirSync(path.join(deploy, folder)).map((name) => path.join(deploy, folder, name)),
);
const folder = mkdtempSync(path.join(tmpdir(), "cloze-manifests-"));
afterAll(() => rmSync(folder, { recursive: true }));

const python = pythonWith("kubernetes_validate", "kubernetes", "kserve", "yaml");
const script = fileURLToPath(new URL("check_manifests.py", import.meta.url));

type Report = Readonly<
  Record<string, { readonly kinds: readonly string[]; readonly faults: readonly string[] }>
>;

function check(...given: readonly string[]): Report {
  const { stdout, stderr } = spawnSync(python!, [script, ...given], { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Report;
}

describe.runIf(python)("manifests", () => {
  test("are valid", () => {
    const report = check(...files);
    expect(Object.values(report).flatMap(({ faults }) => faults)).toEqual([]);
    const kinds = Object.values(report).flatMap((one) => one.kinds);
    expect(new Set(kinds)).toEqual(
      new Set(
        (
          "Deployment Service HorizontalPodAutoscaler PodDisruptionBudget NetworkPolicy ConfigMap " +
          "PersistentVolumeClaim ServiceAccount ClusterServingRuntime InferenceService"
        ).split(" "),
      ),
    );
  });

  test.each([
    ["kubernetes/cloze.yaml", "containerPort: 9000", "containerport: 9000"],
    ["kubernetes/triton.yaml", "minReplicas: 1", "minReplicas: one"],
    ["kserve/model.yaml", "storageUri: s3", "storageURI: s3"],
    ["kserve/model.yaml", "maxReplicas: 8", 'maxReplicas: "8"'],
    ["kserve/runtime.yaml", "protocolVersions: [v2]", "protocolVersions: v2"],
    ["kserve/runtime.yaml", "mountPath: /dev/shm", "mountpath: /dev/shm"],
  ])("of %s would be refused with %s as %s", (file, right, wrong) => {
    const text = readFileSync(path.join(deploy, file), "utf8");
    expect(text).toContain(right);
    const broken = path.join(folder, "broken.yaml");
    writeFileSync(broken, text.replace(right, wrong));
    expect(check(broken)[broken].faults).not.toEqual([]);
  });
});

test("the Deployment's command starts a server that wants the key", async () => {
  const manifest = readFileSync(path.join(deploy, "kubernetes/cloze.yaml"), "utf8");
  const [, list] = /^ +args:\s*\[([^\]]*)\]/m.exec(manifest)!;
  const args = list.match(/[^\s",]+/g)!;
  const service = readFileSync(path.join(deploy, "systemd/cloze.service"), "utf8");
  const image = readFileSync(path.join(deploy, "Dockerfile"), "utf8");
  for (const flag of ["--server-only", "--server-host", "--server-port"]) {
    expect(args).toContain(flag);
    expect(service).toContain(flag);
    expect(image).toContain(`"${flag}"`);
  }
  const child = start([...args.map((one) => (one === "9000" ? "0" : one)), "--json"], {
    CLOZE_SERVER_KEY: "the-key",
  });
  const ended = finish(child);
  const { port } = await new Promise<URL>((resolve) =>
    child.stdout.once("data", (line: string) =>
      resolve(new URL((JSON.parse(line) as { serverUrl: string }).serverUrl)),
    ),
  );
  const ask = async (place: string, key = "") =>
    (await fetch(`http://127.0.0.1:${port}${place}`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await Promise.all([ask("/v2/health/live"), ask("/v2/health/ready"), ask("/metrics")])).toEqual([
    200, 200, 200,
  ]);
  expect(await Promise.all([ask("/v2"), ask("/v2", "the-key")])).toEqual([401, 200]);
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
});

/** nginx.conf of the proxy before Triton, as its image makes it, between two ports of this machine. */
function proxyConfig(from: number, to: number): string {
  const manifest = readFileSync(path.join(deploy, "kubernetes/triton.yaml"), "utf8");
  const [, block] = /default\.conf\.template: \|\n((?: {4}.*\n|\n)+)/.exec(manifest)!;
  const server = block
    .replaceAll("${CLOZE_SERVER_KEY}", "the-key")
    .replace("listen 8000", `listen 127.0.0.1:${from}`)
    .replace("127.0.0.1:8001", `127.0.0.1:${to}`);
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temporary = places.map((one) => `${one}_temp_path ${folder}/${one};`).join("\n");
  return `daemon off; pid ${folder}/nginx.pid; error_log stderr;\nevents {}\nhttp {\n${temporary}\n${server}\n}\n`;
}

const nginx = spawnSync("nginx", ["-v"]).status === 0;

test.runIf(nginx)(
  "the proxy before Triton lets in who has the key, to what the Worker asks, and no one else",
  async () => {
    const triton = createServer((request, response) => response.end(`${request.method} ${request.url}`));
    const listening = await new Promise<number>((resolve) =>
      triton.listen(0, "127.0.0.1", () => resolve((triton.address() as AddressInfo).port)),
    );
    const free = createServer();
    const port = await new Promise<number>((resolve) =>
      free.listen(0, "127.0.0.1", () => resolve((free.address() as AddressInfo).port)),
    );
    await new Promise((resolve) => free.close(resolve));
    const config = path.join(folder, "nginx.conf");
    writeFileSync(config, proxyConfig(port, listening));
    const child = spawn("nginx", ["-p", folder, "-c", config, "-e", "stderr"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      const ask = async (place: string, key?: string, method = "GET") => {
        const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
        const answer = await fetch(`http://127.0.0.1:${port}${place}`, { headers, method });
        return [answer.status, await answer.text()];
      };
      await expect
        .poll(() => ask("/v2/health/ready").catch(() => undefined), { timeout: 5000 })
        .toBeDefined();
      expect(await ask("/v2/health/ready")).toEqual([200, "GET /v2/health/ready"]);
      const infer = "/v2/models/cloze-starter/infer";
      expect(await ask(infer, "the-key", "POST")).toEqual([200, `POST ${infer}`]);
      expect(await ask("/v2", "the-key")).toEqual([200, "GET /v2"]);
      const refused = [401, `{"error":"Send the server's key as Authorization: Bearer KEY."}`];
      expect(await ask(infer, undefined, "POST")).toEqual(refused);
      expect(await ask(infer, "the-ke", "POST")).toEqual(refused);
      expect(await ask("/v2", "the-key2")).toEqual(refused);
      for (const other of [
        "/v2/repository/index",
        "/v2/logging",
        "/v2/systemsharedmemory/status",
        "/metrics",
      ])
        expect(await ask(other, "the-key", "POST")).toEqual([404, `{"error":"There is no such route."}`]);
    } finally {
      child.kill();
      await ended;
      triton.close();
    }
  },
);
