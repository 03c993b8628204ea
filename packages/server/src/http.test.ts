/** What the server's HTTP has beside inference: its key, compression, management, metrics, its log. */
import { presets } from "@cloze/core";
import { decodeRequest, HEADER_LENGTH } from "@cloze/runtime/remote";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { request as httpRequest } from "node:http";
import { FakeSession } from "./fake-session.ts";
import { startServer } from "./index.ts";
import type { RunningServer } from "./index.ts";

const config = { ...presets.tiny, vocabularySize: 100, maxPositions: 64 };
const session = new FakeSession();
const lines: string[] = [];
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({
    session,
    config,
    model: "tiny",
    logLevel: "info",
    logTo: { write: (line) => void lines.push(line) },
  });
});
afterAll(() => server.close());

const rows = (ids: number[]) =>
  ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({
    name,
    datatype: "INT64",
    shape: [1, ids.length],
    data: name === "input_ids" ? ids : ids.map(() => (name === "attention_mask" ? 1 : 0)),
  }));
const body = (over: object = {}) =>
  JSON.stringify({ inputs: rows([5, 6]), outputs: [{ name: "label" }], ...over });
const infer = (sent: BodyInit, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/v2/models/tiny/infer`, { method: "POST", body: sent, headers });
const data = async (response: Response) =>
  ((await response.json()) as { outputs: { data: number[] }[] }).outputs[0].data;
const get = async (path: string) => (await fetch(server.url + path)).json() as Promise<object>;
const post = (path: string, sent = "") => fetch(server.url + path, { method: "POST", body: sent });

/** Asks without the headers that fetch adds by itself. */
function plainly(sent: string, headers: Record<string, string>) {
  return new Promise<{ headers: NodeJS.Dict<string | string[]>; bytes: Buffer }>((resolve, reject) => {
    const options = { method: "POST", headers };
    const asked = httpRequest(`${server.url}/v2/models/tiny/infer`, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, bytes: Buffer.concat(chunks) }));
    });
    asked.on("error", reject).end(sent);
  });
}

/** The status of a path that is sent as it is. */
const statusOf = (port: number, path: string) =>
  new Promise((resolve, reject) => {
    const asked = httpRequest({ port, host: "127.0.0.1", path }, ({ statusCode }) => resolve(statusCode));
    asked.on("error", reject).end();
  });

describe("compression", () => {
  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
  ] as const)("a body in %s is read", async (coding, compress) => {
    const response = await infer(new Uint8Array(compress(body())), { "content-encoding": coding });
    expect(await data(response)).toEqual([11, 2]);
  });

  it.each([
    ["gzip", gunzipSync],
    ["deflate", inflateSync],
  ] as const)("an answer comes in %s for who asks for that alone", async (coding, expand) => {
    const answer = await plainly(body(), { "accept-encoding": coding });
    expect(answer.headers["content-encoding"]).toBe(coding);
    expect(JSON.parse(expand(answer.bytes).toString())).toMatchObject({ outputs: [{ data: [11, 2] }] });
  });

  it("is not for who takes it among others, as libraries say by themselves", async () => {
    const answer = await plainly(body(), { "accept-encoding": "gzip, deflate" });
    expect(answer.headers["content-encoding"]).toBeUndefined();
  });

  it("is bounded: what grows beyond a body's size is refused", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, " "));
    const response = await infer(new Uint8Array(bomb), { "content-encoding": "gzip" });
    expect(response.status).toBe(413);
  });

  it("that is named by an empty header is none", async () => {
    const answer = await plainly(body(), { "content-encoding": "" });
    expect(JSON.parse(answer.bytes.toString())).toMatchObject({ outputs: [{ data: [11, 2] }] });
  });

  it("that is damaged or unknown is refused", async () => {
    expect((await infer("no gzip", { "content-encoding": "gzip" })).status).toBe(400);
    const unknown = await infer(body(), { "content-encoding": "br" });
    expect([unknown.status, unknown.headers.get("accept-encoding")]).toEqual([415, "gzip, deflate"]);
  });
});

it("an output comes as FP16 for who asks so, the same numbers in half the bytes", async () => {
  const outputs = [{ name: "label", parameters: { binary_data: true, datatype: "FP16" } }];
  const response = await infer(body({ outputs }));
  const header = Number(response.headers.get(HEADER_LENGTH));
  const bytes = new Uint8Array(await response.arrayBuffer());
  const json = JSON.parse(new TextDecoder().decode(bytes.subarray(0, header))) as { outputs: object[] };
  expect(json.outputs).toMatchObject([{ datatype: "FP16", parameters: { binary_data_size: 4 } }]);
  const message = new TextEncoder().encode(JSON.stringify({ inputs: json.outputs }));
  const whole = new Uint8Array([...message, ...bytes.subarray(header)]);
  expect(decodeRequest(whole, String(message.length)).inputs.get("label")?.data).toEqual(
    Float32Array.of(11, 2),
  );
});

describe("management", () => {
  it("tells a model's configuration in Triton's words", async () => {
    expect(await get("/v2/models/tiny/config")).toMatchObject({
      name: "tiny",
      max_batch_size: 128,
      input: [{ name: "input_ids", data_type: "TYPE_INT64", dims: [-1] }, {}, {}, {}],
      output: [
        { name: "label", data_type: "TYPE_FP32", dims: [2] },
        { name: "tokens", data_type: "TYPE_FP32", dims: [-1, 2] },
        { name: "masks", dims: [-1] },
      ],
      dynamic_batching: { priority_levels: 10, default_queue_policy: { max_queue_size: 1024 } },
    });
  });

  it("counts what a model has done, as Triton does", async () => {
    const stats = async () =>
      ((await get("/v2/models/tiny/versions/1/stats")) as { model_stats: Record<string, never>[] })
        .model_stats[0] as unknown as {
        inference_count: number;
        inference_stats: Record<"success" | "fail" | "queue", { count: number; ns: number }>;
        batch_stats: { batch_size: number; compute_infer: { count: number } }[];
      };
    const before = await stats();
    await infer(body());
    await infer(body({ inputs: rows([1000]) }));
    const after = await stats();
    expect(after.inference_count - before.inference_count).toBe(1);
    expect(after.inference_stats.success.count - before.inference_stats.success.count).toBe(1);
    expect(after.inference_stats.fail.count - before.inference_stats.fail.count).toBe(1);
    expect(after.inference_stats.success.ns).toBeGreaterThan(before.inference_stats.success.ns);
    expect(after.batch_stats[0].batch_size).toBe(1);
    expect(await get("/v2/models/stats")).toMatchObject({ model_stats: [{ name: "tiny" }] });
  });

  it("lists its models, and loads none where it has no repository", async () => {
    const index = await post("/v2/repository/index", '{"ready": true}');
    expect(await index.json()).toEqual([{ name: "tiny", version: "1", state: "READY", reason: "" }]);
    expect((await post("/v2/repository/index", "[")).status).toBe(400);
    for (const action of ["load", "unload"]) {
      const refused = await post(`/v2/repository/models/tiny/${action}`);
      expect([refused.status, await refused.json()]).toEqual([
        400,
        { error: "This server has no repository to load models from: start it with one." },
      ]);
    }
  });
});

describe("what is told of a request", () => {
  it("is one line of the log, without its texts' ids", async () => {
    lines.length = 0;
    await infer(body({ id: "mine" }), { "x-request-id": "abc" });
    await infer(body({ inputs: rows([77, 1000, 78]) }));
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        requestId: "abc",
        id: "mine",
        model: "tiny",
        version: "1",
        rows: 1,
        length: 2,
        queueMs: expect.any(Number) as number,
        inferenceMs: expect.any(Number) as number,
        totalMs: expect.any(Number) as number,
        status: 200,
        msg: "inference",
      },
      {
        level: "info",
        time: expect.any(String) as string,
        model: "tiny",
        version: "1",
        totalMs: expect.any(Number) as number,
        status: 400,
        msg: "inference",
      },
    ]);
  });

  it("is no longer than it should be, whatever it calls itself", async () => {
    lines.length = 0;
    const id = "x".repeat(100_000);
    expect(await (await infer(body({ id }))).json()).toMatchObject({ id });
    expect(lines[0].length).toBeLessThan(1000);
  });

  it("is counted for Prometheus", async () => {
    await infer(body());
    await fetch(`${server.url}/v2/models/other/infer`, { method: "POST", body: body() });
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const metrics = await response.text();
    for (const line of [
      /^cloze_requests_total\{model="tiny",status="200"\} \d+$/m,
      /^cloze_requests_total\{model="",status="404"\} 1$/m,
      /^cloze_request_seconds_count\{model="tiny"\} \d+$/m,
      /^cloze_queue_seconds_count\{model="tiny"\} \d+$/m,
      /^cloze_inference_seconds_count\{model="tiny"\} \d+$/m,
      /^cloze_batch_rows_count\{model="tiny"\} \d+$/m,
      /^cloze_batch_tokens_count\{model="tiny"\} \d+$/m,
      /^cloze_tokens_total\{model="tiny",kind="text"\} \d+$/m,
      /^cloze_tokens_total\{model="tiny",kind="padding"\} \d+$/m,
      /^cloze_queue_rows\{model="tiny"\} 0$/m,
      /^cloze_models_loaded\{model="tiny"\} 1$/m,
      /^process_resident_memory_bytes \d+$/m,
      /^nodejs_eventloop_lag_p99_seconds /m,
    ])
      expect(metrics).toMatch(line);
  });
});

const ask = (url: string, key?: string) =>
  fetch(url, key === undefined ? {} : { headers: { authorization: key } }).then(({ status }) => status);

describe("a key", () => {
  it("is asked for everywhere but at the health checks", async () => {
    const guarded = await startServer({ session, config, model: "tiny", key: "a-secret" });
    for (const path of ["/v2", "/v2/models/tiny", "/metrics"]) {
      const url = guarded.url + path;
      expect([await ask(url), await ask(url, "Bearer another"), await ask(url, "Bearer a-secret")]).toEqual([
        401, 401, 200,
      ]);
    }
    expect(await ask(`${guarded.url}/v2/health/ready`)).toBe(200);
    for (const path of ["/v2/health/../models/tiny", "/v2/health/live/../../models/tiny"])
      expect(await statusOf(guarded.port, path)).not.toBe(200);
    const refused = await fetch(`${guarded.url}/v2/models/tiny/infer`, { method: "POST", body: body() });
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    await guarded.close();
  });

  it("may have spaces in it, and one that is empty opens nothing", async () => {
    const spaced = await startServer({ session, config, model: "tiny", key: "a secret" });
    expect([
      await ask(`${spaced.url}/v2`, "Bearer a secret"),
      await ask(`${spaced.url}/v2`, "Bearer a"),
    ]).toEqual([200, 401]);
    await spaced.close();
    const empty = await startServer({ session, config, model: "tiny", key: "" });
    expect([await ask(`${empty.url}/v2`), await ask(`${empty.url}/v2`, "Bearer ")]).toEqual([401, 401]);
    await empty.close();
  });

  it("is not asked for at /metrics where they are open", async () => {
    const open = await startServer({ session, config, model: "tiny", key: "a-secret", openMetrics: true });
    expect([await ask(`${open.url}/metrics`), await ask(`${open.url}/v2`)]).toEqual([200, 401]);
    await open.close();
  });
});

it("a server that has nothing to serve does not start", async () => {
  await expect(startServer({})).rejects.toMatchObject({ code: "invalid-option" });
});
