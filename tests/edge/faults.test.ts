import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp, readModel } from "@cloze/edge";
import { load } from "@cloze/runtime/node";
import { startServer } from "@cloze/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";
import { startFakeServer } from "./fake-starter.ts";
import { startWorker } from "./worker.ts";

const text = { text: "a warm film" };
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({ [Symbol.asyncDispose]: async () => server.close().closeAllConnections() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A Worker whose inference server is `listener`. */
async function workerOver(listener: RequestListener) {
  const worker = await startWorker(await listen(listener));
  open.push(worker);
  return worker;
}

describe("an inference server", () => {
  it("that is down is a 503 with Retry-After, and the Worker not ready but well", async () => {
    const worker = await startWorker("http://127.0.0.1:9"); // discard: nobody listens
    open.push(worker);
    for (const { status, headers, body } of [
      await worker.post("/v1/classify", text),
      await worker.send("/readyz"),
    ]) {
      expect([status, body.code, headers.get("retry-after")]).toEqual([503, "server-unavailable", "2"]);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(body.detail).not.toContain("127.0.0.1");
    }
    expect((await worker.send("/healthz")).status).toBe(200);
    expect(worker.log.join()).toContain("server-unavailable");
  });

  it("that was not named is a 503 that says which variables to set", async () => {
    const worker = await startWorker(undefined);
    open.push(worker);
    const { status, body } = await worker.post("/v1/classify", text);
    expect([status, body.detail]).toEqual([503, expect.stringContaining("CLOZE_SERVER_URL")]);
    expect((await worker.post("/v1/tokenize", text)).status).toBe(200); // needs none
  });

  it("that is full, or says that it is not ready, is a 503", async () => {
    const worker = await workerOver((_, response) => {
      response.writeHead(503, { "content-type": "application/json" }).end(`{"error":"The queue is full."}`);
    });
    const { status, headers } = await worker.post("/v1/classify", text);
    expect([status, headers.get("retry-after")]).toEqual([503, "2"]);
  });

  it.each<[string, RequestListener]>([
    ["a page", (_, response) => void response.end("<h1>It works!</h1>")],
    ["nothing", (_, response) => void response.end()],
    ["zeros", (_, response) => void response.end(Buffer.alloc(5000))],
    ["another message", (_, response) => void response.end(`{"outputs":[]}`)],
    [
      "a false header length",
      (_, response) => void response.setHeader("Inference-Header-Content-Length", "99999").end("{}"),
    ],
    ["status 500", (_, response) => void response.writeHead(500).end("stack trace")],
    ["status 404", (_, response) => void response.writeHead(404).end()],
    ["a redirect", (_, response) => void response.writeHead(307, { location: "http://127.0.0.1:9/" }).end()],
  ])("that answers %s is a 502 that repeats none of it", async (_, listener) => {
    const worker = await workerOver(listener);
    const { status, body } = await worker.post("/v1/classify", text);
    expect([status, body.code]).toEqual([502, "server-error"]);
    expect(body.detail).not.toMatch(/works|stack|127/);
  });

  it("that breaks off in the middle of its answer is no 200 and no hang", async () => {
    const worker = await workerOver((_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("{");
      setTimeout(() => response.destroy(), 20);
    });
    expect((await worker.post("/v1/classify", text)).status).toBe(503);
  });

  it("that answers for fewer tokens than were sent is a 502", async () => {
    const outputs = [{ name: "answers", datatype: "FP32", shape: [1, 2, 2], data: [0, 0, 0, 0] }];
    const worker = await workerOver((_, response) => void response.end(JSON.stringify({ outputs })));
    const { status, body } = await worker.post("/v1/answer", { question: "Who?", context: "Anton did." });
    expect([status, body.code]).toEqual([502, "server-error"]);
  });

  it("that lacks a plugin of the Worker's is a 502 that says so", async () => {
    const worker = await workerOver((_, response) => {
      response.writeHead(400).end(`{"error":"There is no output named answers: this model has sentiment."}`);
    });
    const { status, body } = await worker.post("/v1/answer", { question: "?", context: "x" });
    expect([status, body.detail]).toEqual([502, expect.stringContaining("There is no output named answers")]);
  });
});

describe("a model whose rows cannot be padded", () => {
  it.each(["no-mask", "fixed"])("(%s) is served to nobody", async (name) => {
    await using bert = await load(fixturePath(`foreign/${name}/model.onnx`), { threads: 1 });
    const { session, config } = bert;
    await expect(startServer({ session, config, model: name })).rejects.toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });
});

/** The SDK's app in this process, for what workerd has no means to show: it does not notice a client that leaves. */
function appOver(url: string, timeoutMs = 30_000) {
  const app = createApp({
    model: readModel({
      config: `{"vocab_size":6,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":1,"intermediate_size":8}`,
      vocabTxt: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"].join("\n"),
      plugins: [
        `{"name":"sentiment","version":"1","kind":"sequence","labels":["a","b"],"features":"pooler"}`,
        `{"name":"answers","version":"1","kind":"span","labels":["start","end"],"features":"hidden"}`,
      ],
    }),
    server: { url, model: "cloze-starter" },
    limits: { timeoutMs },
  });
  return (body: object = { text: "a" }, { signal, path = "/v1/classify" }: Post = {}) =>
    app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
}

interface Post {
  readonly signal?: AbortSignal;
  readonly path?: string;
}

describe("a deadline", () => {
  it("that passes is a 504, and the server is told beforehand", async () => {
    let told: number | undefined;
    const url = await listen((request) => {
      request.once(
        "data",
        (chunk: Buffer) => (told = Number(/"timeout":(\d+)/.exec(chunk.toString("latin1"))?.[1])),
      );
    });
    const log = vi.spyOn(console, "error").mockReturnValue();
    const response = await appOver(url, 200)();
    expect(log).toHaveBeenCalledWith(expect.stringContaining(`"status":504`));
    log.mockRestore();
    expect([response.status, await response.json()]).toEqual([
      504,
      expect.objectContaining({ code: "timeout" }),
    ]);
    expect(told).toBeGreaterThan(100_000); // microseconds
    expect(told).toBeLessThanOrEqual(200_000);
  });

  it("is one for all the runs of a request", async () => {
    const server = await startFakeServer();
    open.push({ [Symbol.asyncDispose]: () => server.close() });
    server.session.gate = () => new Promise((resolve) => setTimeout(resolve, 100));
    const log = vi.spyOn(console, "error").mockReturnValue();
    const inputs = Array.from({ length: 60 }, () => ({ text: "a ".repeat(500) }));
    expect((await appOver(server.url, 300)({ inputs })).status).toBe(504);
    log.mockRestore();
  });

  it("is one for all the parts of a list that was parted for its faults", async () => {
    const server = await startFakeServer();
    open.push({ [Symbol.asyncDispose]: () => server.close() });
    server.session.gate = () => new Promise((resolve) => setTimeout(resolve, 200));
    const log = vi.spyOn(console, "error").mockReturnValue();
    const inputs = ["a", "a ".repeat(9), "a"].map((question) => ({ question, context: "a" })); // no room in the second
    const post = appOver(server.url, 300);
    expect((await post({ inputs, maxLength: 8 }, { path: "/v1/answer" })).status).toBe(504);
    log.mockRestore();
  });

  it("that the server says has passed is a 504", async () => {
    const worker = await workerOver((_, response) => void response.writeHead(504).end());
    expect((await worker.post("/v1/classify", text)).status).toBe(504);
  });
});

describe("a client that leaves", () => {
  it("takes its request out of the server's queue", async () => {
    const server = await startFakeServer();
    open.push({ [Symbol.asyncDispose]: () => server.close() });
    const post = appOver(server.url);
    const own = server.session.runs.length; // to warm up
    const release = server.session.hold();
    const first = post();
    await expect.poll(() => server.session.runs.length).toBe(own + 1);
    const leaving = new AbortController();
    const left = post(undefined, { signal: leaving.signal });
    await new Promise((done) => setTimeout(done, 100));
    leaving.abort();
    expect((await left).status).toBe(499);
    await new Promise((done) => setTimeout(done, 100));
    release();
    expect((await first).status).toBe(200);
    await post();
    expect(server.session.runs).toHaveLength(own + 2);
  });
});
