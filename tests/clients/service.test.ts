/** A second Worker that calls the first over a service binding, both in real workerd. */
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Predictor } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { startServer } from "@cloze/server";
import { Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, it } from "vitest";
import { starter } from "../starter.ts";
import { born, context, film, question } from "./stand.ts";

const contents = (module: string) => readFile(fileURLToPath(import.meta.resolve(module)), "utf8");
const text = (value: string) => ({ type: "text", value }) as const;

/** Calls the method that it is asked for, and tells what came of it. */
const caller = `export default {
  async fetch(request, env) {
    const [method, ...given] = await request.json();
    try {
      return Response.json({ result: await env.CLOZE[method](...given) });
    } catch (error) {
      const { name, code, status, field, message } = error;
      return Response.json({ error: { name, code, status, field, message } });
    }
  },
};`;

/** The caller that the guide shows. */
const shown = await readFile(path.join(import.meta.dirname, "examples/caller.ts"), "utf8");

let bert: Predictor;
let server: Awaited<ReturnType<typeof startServer>>;
let miniflare: Miniflare;
let url: URL;

beforeAll(async () => {
  bert = await load(starter);
  server = await startServer({ session: bert.session, config: bert.config, model: "cloze-starter" });
  const common = { compatibilityDate: "2026-11-01" };
  const calling = (name: string, code: string) => ({
    config: {
      ...common,
      name,
      env: { CLOZE: { type: "worker", worker: "cloze", exportName: "Cloze" } as const },
      manifest: {
        mainModule: "caller.js",
        modules: { "caller.js": { type: "esm", contents: code } as const },
      },
    },
  });
  miniflare = new Miniflare({
    cf: false, // nothing is fetched from Cloudflare
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: () => {},
    workers: [
      calling("caller", caller),
      calling("shown", stripTypeScriptTypes(shown)),
      calling("through", "export default { fetch: (request, env) => env.CLOZE.fetch(request) };"),
      {
        config: {
          ...common,
          name: "cloze",
          env: {
            CLOZE_SERVER_URL: text(server.url),
            CLOZE_SERVER_MODEL: text("cloze-starter"),
            CLOZE_KEYS: text(""), // nobody has a key
          },
          manifest: {
            mainModule: "worker.js",
            modules: {
              "worker.js": { type: "esm", contents: await contents("@cloze/worker/bundle") },
              "model.js": { type: "esm", contents: await contents("@cloze/worker/model") },
            },
          },
        },
      },
    ],
  });
  url = await miniflare.ready;
});
afterAll(async () => {
  await miniflare?.dispose();
  await server?.close();
  await bert?.[Symbol.asyncDispose]();
});

async function call(...given: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(given) });
  return response.json();
}

it("calls tasks as methods, without a key, and gets what the model gives in this process", async () => {
  const { label, score } = await bert.classify(film);
  const classified = { label, score: expect.closeTo(score!, 4) as unknown };
  expect(await call("classify", film)).toMatchObject({ result: classified });
  expect(await call("classify", [film, { text: film }], { top: 1 })).toMatchObject({
    result: [classified, classified],
  });
  const { answer, start, end } = await bert.ask({ question, context });
  expect(await call("answer", { question, context })).toMatchObject({ result: { answer, start, end } });
  expect(await call("tag", born, { offsetEncoding: "utf-32" })).toMatchObject({
    result: { entities: [{ start: 0 }, { start: 2, end: 15 }, { start: 28 }] },
  });
});

it("is called as the guide shows", async () => {
  const worker = await miniflare.getWorker("shown");
  const response = await worker.fetch("http://shown/", { method: "POST", body: film });
  expect(await response.text()).toBe("positive");
});

it("passes requests on as they are, keys too", async () => {
  const worker = await miniflare.getWorker("through");
  expect(await (await worker.fetch("http://through/healthz")).json()).toEqual({ status: "ok" });
  const { status } = await worker.fetch("http://through/v1/classify", { method: "POST", body: "{}" });
  expect(status).toBe(401);
});

it("runs and lists plugins, and says whether it is ready", async () => {
  expect(await call("run", "sentiment", film)).toMatchObject({ result: { label: "positive" } });
  const { result } = (await call("plugins")) as { result: readonly { name: string }[] };
  expect(result.map(({ name }) => name)).toContain("sentiment");
  expect(await call("ready")).toMatchObject({ result: { status: "ready" } });
});

it("is refused as over HTTP, and is told why", async () => {
  expect(await call("classify", { text: 1 })).toEqual({
    error: {
      name: "RequestError",
      code: "invalid-input",
      status: 422,
      field: "text",
      message: "text should be a text, but is 1.",
    },
  });
  expect(await call("run", "moods", film)).toMatchObject({ error: { code: "not-found", status: 404 } });
});
