/** Who may ask a server: TLS, certificates of clients, a shared secret. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import type { RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { RemoteSession } from "@cloze/runtime/remote";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";
import { fixturePath } from "../reference/fixtures.ts";
import { infer, startServerProcess } from "./server-process.ts";

const model = ["--model", fixturePath("checkpoints/no-prefix")];
let folder: string;
let pems: Awaited<ReturnType<typeof generate>>;
const file = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "cloze-access-"));
  pems = await generate([{ name: "commonName", value: "localhost" }], {
    algorithm: "sha256",
    clientCertificate: { cn: "a client" },
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  writeFileSync(file("cert.pem"), pems.cert);
  writeFileSync(file("key.pem"), pems.private);
  writeFileSync(file("key"), "a-secret\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The status of a GET over TLS. */
function get(url: string, options: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on("error", reject).end();
  });
}

const tls = () => ["--tls-cert", file("cert.pem"), "--tls-key", file("key.pem")];

test("a server with a certificate is asked over TLS, by those who trust it", async () => {
  await using server = await startServerProcess([...model, ...tls()]);
  expect(server.url).toMatch(/^https:/);
  expect(await get(`${server.url}/v2/health/ready`, { ca: pems.cert })).toBe(200);
  await expect(get(`${server.url}/v2/health/ready`, {})).rejects.toThrow("self-signed");
  await expect(fetch(server.url.replace("https", "http"))).rejects.toThrow("fetch failed");
});

test("one that asks for certificates knows its clients", async () => {
  await using server = await startServerProcess([...model, ...tls(), "--tls-ca", file("cert.pem")]);
  const url = `${server.url}/v2/health/ready`;
  const own = { cert: pems.clientcert!, key: pems.clientprivate! };
  expect(await get(url, { ca: pems.cert, ...own })).toBe(200);
  await expect(get(url, { ca: pems.cert })).rejects.toThrow();
  const others = await generate([{ name: "commonName", value: "another" }], { algorithm: "sha256" });
  await expect(get(url, { ca: pems.cert, cert: others.cert, key: others.private })).rejects.toThrow();
});

test("a key is asked for, from a file or the environment, and the client of our own sends it", async () => {
  for (const [args, env] of [
    [["--key-file", file("key")], {}],
    [[], { CLOZE_SERVER_KEY: "a-secret" }],
  ] as const) {
    await using server = await startServerProcess([...model, ...args], env);
    const { url } = server;
    expect(await infer(url, "no-prefix")).toMatchObject({ status: 401 });
    const headers = { authorization: "Bearer a-secret" };
    expect(await infer(url, "no-prefix", headers)).toMatchObject({ status: 200 });
    await using session = new RemoteSession({ url, model: "no-prefix", headers });
    await session.ready();
  }
});

test.each([
  [["--tls-cert", "cert.pem"], "TLS needs both a certificate and its key: give --tls-cert and --tls-key.\n"],
  [["--tls-cert", "cert.pem", "--tls-key", "key"], /^The TLS certificate and key cannot be used: .*\.\n$/],
  [["--key-file", "none"], /^The file .*none of --key-file cannot be read: see whether it is there\.\n$/],
  [["--key-file", "cert.pem"], /should be one line of visible ASCII letters, without spaces\.\n$/],
])("%s is refused in one sentence", async (args, sentence) => {
  const full = args.map((arg) => (arg.startsWith("--") ? arg : file(arg)));
  const { code, err } = await cloze(["serve", "--server-only", ...model, ...full]);
  expect(err).toMatch(sentence);
  expect(err.trim().split("\n")).toHaveLength(1);
  expect(code).not.toBe(0);
});

test("TLS before the Worker of this machine is refused", async () => {
  const { code, err } = await cloze(["serve", "--port", "0", ...model, ...tls()]);
  expect([code, err]).toEqual([
    2,
    "TLS is for a server that others reach: give --server-only, and let the Worker run where it is deployed.\n",
  ]);
});
