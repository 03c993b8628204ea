/** Who may do what, how often, and from which pages: the built Worker in workerd with keys, limits and origins. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeServer } from "./fake-starter.ts";
import { startWorker } from "./worker.ts";
import type { Worker } from "./worker.ts";

const text = { text: "a warm film" };
const hash = (key: string) => createHash("sha256").update(key).digest("hex");
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

let server: Awaited<ReturnType<typeof startFakeServer>>;
beforeAll(async () => {
  server = await startFakeServer();
});
afterAll(() => server.close());

describe("a Worker with keys", () => {
  let worker: Worker;
  const metrics = (key: string) => worker.send("/metrics", { headers: bearer(key) });
  const remove = (key: string) =>
    worker.send("/v1/plugins/moods", { method: "DELETE", headers: bearer(key) });
  beforeAll(async () => {
    const keys = `# who may\nci use ${hash("use-me")}\n\nops admin ${hash("rule-me").toUpperCase()}\n`;
    worker = await startWorker(server.url, undefined, { CLOZE_KEYS: keys, CLOZE_ADMIN: "open" });
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  it("answers those who have one", async () => {
    for (const key of ["use-me", "rule-me"])
      expect((await worker.post("/v1/classify", text, bearer(key))).body.label).toBe("positive");
  });

  it.each([
    ["no key", {}],
    ["another key", bearer("use-mf")],
    ["a key's hash", bearer(hash("use-me"))],
    ["an empty key", { authorization: "Bearer " }],
    ["a key and more", bearer("use-me x")],
    ["another scheme", { authorization: `Basic ${btoa("ci:use-me")}` }],
  ])("refuses %s, before it reads the request", async (_, headers) => {
    const { status, body, headers: answered } = await worker.post("/v1/classify", "{ not JSON", headers);
    expect([status, body.code, answered.get("www-authenticate")]).toEqual([
      401,
      "unauthorized",
      'Bearer realm="cloze"',
    ]);
    expect(answered.get("content-type")).toBe("application/problem+json");
  });

  it("lets only an admin key change it and read its counts", async () => {
    const { status, body } = await metrics("use-me");
    expect([status, body.code]).toEqual([403, "forbidden"]);
    expect((await metrics("rule-me")).text).toContain(
      'cloze_edge_requests_total{route="/v1/classify",status="200"}',
    );
    expect((await remove("use-me")).status).toBe(403);
    expect((await remove("rule-me")).status).not.toBe(403);
  });

  it("shows everybody its pages, its document and how it is", async () => {
    for (const path of ["/", "/docs", "/openapi.json", "/healthz", "/readyz"])
      expect((await worker.send(path)).status).toBe(200);
  });

  it("logs no key", () => {
    expect(worker.log.join("\n")).not.toMatch(/use-me|rule-me/);
  });
});

describe("a Worker without keys", () => {
  it("may be used by everybody and changed by nobody, unless it is told to be open", async () => {
    await using closed = await startWorker(server.url);
    await using open = await startWorker(server.url, undefined, { CLOZE_ADMIN: "open" });
    for (const worker of [closed, open]) expect((await worker.post("/v1/classify", text)).status).toBe(200);
    const { status, body } = await closed.send("/metrics");
    expect([status, body.detail]).toEqual([403, expect.stringContaining("CLOZE_KEYS")]);
    expect((await open.send("/metrics")).status).toBe(200);
    // As from a page that has its own name point here, or from everywhere, were it deployed so.
    const asked = get(new URL("/metrics", open.url), { headers: { host: "cloze.example" } });
    const [elsewhere] = (await once(asked, "response")) as [IncomingMessage];
    elsewhere.resume();
    expect(elsewhere.statusCode).toBe(403);
  });

  it("whose keys cannot be read lets nobody in", async () => {
    await using worker = await startWorker(server.url, undefined, { CLOZE_KEYS: "ci use 1234" });
    const { status, body } = await worker.post("/v1/classify", text);
    expect([status, body.detail]).toEqual([503, "This service's keys cannot be read: mend CLOZE_KEYS."]);
    expect(worker.log.join()).toContain("Line 1 of the keys");
    expect((await worker.send("/healthz")).status).toBe(200);
  });
});

describe("a rate limit", () => {
  it("is a key's own; beyond it is a 429 that says when to come back", async () => {
    await using worker = await startWorker(server.url, undefined, {
      CLOZE_KEYS: `a use ${hash("key-a")}\nb use ${hash("key-b")}`,
      CLOZE_RATE_LIMIT: { type: "rate-limit", namespace: "1001", simple: { limit: 3, period: 60 } },
    });
    const ask = async (key: string) => (await worker.post("/v1/tokenize", text, bearer(key))).status;
    expect([await ask("key-a"), await ask("key-a"), await ask("key-a")]).toEqual([200, 200, 200]);
    const { status, body, headers } = await worker.post("/v1/tokenize", text, bearer("key-a"));
    expect([status, body.code, headers.get("retry-after")]).toEqual([429, "rate-limited", "10"]);
    expect(await ask("key-b")).toBe(200);
  });
});

const preflight = (worker: Worker, origin: string) =>
  worker.send("/v1/classify", {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST" },
  });

describe("pages of other origins", () => {
  it("may call it where they are named, and read its headers", async () => {
    await using worker = await startWorker(server.url, undefined, {
      CLOZE_CORS_ORIGINS: "https://a.example, https://b.example",
    });
    const { status, headers } = await preflight(worker, "https://b.example");
    expect([status, headers.get("access-control-allow-origin")]).toEqual([204, "https://b.example"]);
    const answer = await worker.post("/v1/classify", text, { origin: "https://a.example" });
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://a.example");
    expect(answer.headers.get("access-control-expose-headers")).toContain("X-Request-Id");
    expect(
      (await preflight(worker, "https://c.example")).headers.get("access-control-allow-origin"),
    ).toBeNull();
    const problem = await worker.post("/v1/classify", {}, { origin: "https://a.example" });
    expect([problem.status, problem.headers.get("access-control-allow-origin")]).toEqual([
      422,
      "https://a.example",
    ]);
  });

  it("may not where none is named", async () => {
    await using worker = await startWorker(server.url);
    const { status, headers } = await preflight(worker, "https://a.example");
    expect([status, headers.get("access-control-allow-origin")]).toEqual([405, null]);
  });
});

describe("answers that are kept", () => {
  it("are given again for the same bytes, and are nobody's who does not want it", async () => {
    await using worker = await startWorker(server.url, undefined, { CLOZE_CACHE_SECONDS: "60" });
    const ask = async (body: object, headers = {}) => {
      const answer = await worker.post("/v1/classify", body, headers);
      expect(answer.body.label).toBe("positive");
      return answer.headers.get("x-cache");
    };
    expect(await ask(text)).toBe("MISS");
    const runs = server.session.runs.length;
    await expect.poll(() => ask(text)).toBe("HIT");
    expect(server.session.runs.length - runs).toBeLessThan(3);
    expect(await ask({ ...text, top: 1 })).toBe("MISS");
    expect(await ask(text, { "cache-control": "no-store" })).toBeNull();
  });

  it("are none by default, nor where the answer is a problem", async () => {
    await using worker = await startWorker(server.url);
    const { headers } = await worker.post("/v1/classify", text);
    expect([headers.get("x-cache"), headers.get("cache-control")]).toEqual([null, "no-store"]);
    await using caching = await startWorker(server.url, undefined, { CLOZE_CACHE_SECONDS: "60" });
    for (let i = 0; i < 2; i++) {
      const { status, headers: answered } = await caching.post("/v1/classify", { ...text, plugin: "moods" });
      expect([status, answered.get("x-cache")]).toEqual([404, "MISS"]);
    }
  });
});
