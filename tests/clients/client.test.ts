/** The typed client before the built Worker; what it does where there is none; and how small it is. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient, RequestError } from "@cloze/edge/client";
import type { Client } from "@cloze/edge/client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startFakeServer } from "../edge/fake-starter.ts";
import { startWorker } from "../edge/worker.ts";
import type { Worker } from "../edge/worker.ts";
import { copyOf } from "../plugins/files.ts";
import { bundle } from "../size/bundles.ts";
import { born, context, film, masked, question, useStarter } from "./stand.ts";

const near = (value: number) => expect.closeTo(value, 4) as unknown;

/** What a promise is rejected with. */
async function failure(promise: Promise<unknown>): Promise<RequestError> {
  const error: unknown = await promise.then(
    () => expect.unreachable("nothing failed"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RequestError);
  return error as RequestError;
}

async function* slow() {
  yield "warm";
  await new Promise((resolve) => setTimeout(resolve, 1000));
  yield "dull";
}

describe("a client", () => {
  const stand = useStarter();
  let client: Client;
  beforeAll(() => (client = createClient({ url: stand.worker.url })));

  it("has every task, with what the model gives in this process", async () => {
    const { bert } = stand;
    const classified = await bert.classify(film);
    expect(await client.classify(film)).toMatchObject({
      label: classified.label,
      score: near(classified.score!),
    });
    const answered = await bert.ask({ question, context }, { top: 2 });
    const { answer, start, end, answers } = await client.answer({ question, context }, { top: 2 });
    expect({ answer, start, end, length: answers.length }).toEqual({
      answer: answered.answer,
      start: answered.start,
      end: answered.end,
      length: 2,
    });
    const { entities } = await client.tag(born);
    expect(entities).toEqual(
      (await bert.tag(born)).entities.map((one) => ({ ...one, score: near(one.score) })),
    );
    const { masks } = await client.fill(masked, { top: 1 });
    expect(masks[0].predictions[0].token).toBe((await bert.fill(masked)).masks[0].predictions[0].token);
    const pair = { text: "He opened the door.", pair: "The room was dark." };
    expect(await client.next(pair)).toEqual({ isNext: near((await bert.next(pair)).isNext) });
    const { embedding } = await client.embed(film, { pooling: "cls", normalize: true });
    expect(embedding).toEqual(
      Array.from((await bert.embed(film, { pooling: "cls", normalize: true })).embedding, near),
    );
    expect((await client.tokenize("a warm film")).tokens).toEqual(["[CLS]", "a", "warm", "film", "[SEP]"]);
    const { code } = await failure(client.choose({ context: "a", choices: ["b", "c"] }));
    expect(code).toBe("not-found"); // the starter has no such head
  });

  it("gives an array for an array, in parts where it is long, and a stream as it comes", async () => {
    const texts = Array.from({ length: 150 }, (_, i) => (i % 3 === 0 ? "warm" : `dull ${i}`));
    const expected = (await stand.bert.classify(texts)).map(({ label }) => label);
    expect((await client.classify(texts)).map(({ label }) => label)).toEqual(expected);
    expect(await client.classify([])).toEqual([]);

    const streamed: unknown[] = [];
    for await (const { label } of client.classify(texts, { stream: true })) streamed.push(label);
    expect(streamed).toEqual(expected);

    let read = 0;
    async function* source() {
      for (const text of texts) {
        read++;
        yield { text };
      }
    }
    let got = 0;
    for await (const { label } of client.classify(source())) {
      expect(label).toBe(expected[got++]);
      if (got === 3) break;
    }
    expect(read).toBeLessThan(70); // no more than a part, and one ahead
  });

  it("sends what has come when a stream pauses", async () => {
    const start = performance.now();
    const results = client.classify(slow());
    await results.next();
    expect(performance.now() - start).toBeLessThan(900);
    await results.return();
  });

  it("says of one input among several which is at fault, and why", async () => {
    const { fill } = client;
    const texts = [masked, "no mask", masked];
    const expected = { code: "invalid-input", index: 1, status: 200 };
    expect(await failure(fill(texts))).toMatchObject(expected);
    const stream = fill(texts, { stream: true });
    expect((await stream.next()).done).toBe(false);
    expect(await failure(stream.next())).toMatchObject(expected);
  });

  it("tells code, status, field and request of what is refused", async () => {
    const { message, ...error } = await failure(client.classify(film, { top: 0 }));
    expect(message).toBe("top should be a whole number from 1 up, but is 0.");
    expect(error).toMatchObject({
      name: "RequestError",
      code: "invalid-input",
      status: 422,
      field: "top",
      requestId: expect.any(String) as unknown,
    });
  });

  it("knows whether the service is ready, and its plugins", async () => {
    expect(await client.ready()).toEqual({ status: "ready", servers: [{ circuit: "closed" }] });
    const plugins = await client.plugins.list();
    expect(plugins.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["sentiment", "answers", "entities"]),
    );
    expect(await client.plugins.get("sentiment")).toMatchObject({ kind: "sequence", source: "bundled" });
    expect(await client.plugins.run<{ label: string }>("sentiment", film)).toMatchObject({
      label: "positive",
    });
    expect(await client.plugins.run("sentiment", [film, "dull"])).toHaveLength(2);
  });
});

describe("a client with an admin key", () => {
  const stand = useStarter({
    CLOZE_PLUGINS: { type: "kv" },
    CLOZE_KEYS: "me admin 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b", // of `secret`
  });

  it("installs a plugin, runs it, rolls it back and removes it", async () => {
    const { plugins } = createClient({ url: stand.worker.url, key: "secret" });
    const first = await plugins.install("my-sentiment", await copyOf("sentiment", { version: "1.0.0" }));
    expect(first).toMatchObject({ name: "my-sentiment", version: "1.0.0", source: "installed" });
    await plugins.install("my-sentiment", new Blob([await copyOf("sentiment", { version: "1.1.0" })]));
    expect(await plugins.run("my-sentiment", film)).toMatchObject({ label: "positive" });
    expect((await plugins.activate("my-sentiment", "1.0.0")).sha256).toBe(first.sha256);
    expect(await plugins.remove("my-sentiment")).toBeUndefined();
    expect(await failure(plugins.get("my-sentiment"))).toMatchObject({ code: "not-found", status: 404 });
  });

  it("is refused without the key", async () => {
    const { status, code } = await failure(createClient({ url: stand.worker.url }).classify(film));
    expect([status, code]).toEqual([401, "unauthorized"]);
  });
});

describe("a client that waits", () => {
  let server: Awaited<ReturnType<typeof startFakeServer>>;
  let worker: Worker;
  beforeAll(async () => {
    server = await startFakeServer();
    worker = await startWorker(server.url);
  });
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
    await server.close();
  });

  it("gives up after its time, and the service too", async () => {
    const release = server.session.hold();
    const client = createClient({ url: worker.url, timeoutMs: 300 });
    const { code } = await failure(client.classify(film));
    expect(code).toBe("timeout");
    const stream = client.classify([film], { stream: true });
    expect((await failure(stream.next())).code).toBe("timeout");
    release();
  });

  it("can be told to stop", async () => {
    const release = server.session.hold();
    const client = createClient({ url: worker.url });
    const stop = new AbortController();
    const before = server.session.runs.length;
    const asked = failure(client.classify(film, { signal: stop.signal }));
    await vi.waitFor(() => expect(server.session.runs.length).toBe(before + 1));
    stop.abort();
    expect((await asked).code).toBe("aborted");
    release();
  });
});

describe("where there is no service", () => {
  it("says so", async () => {
    const { code, status, message } = await failure(
      createClient({ url: "http://127.0.0.1:1" }).classify("a"),
    );
    expect([code, status]).toEqual(["server-unavailable", 0]);
    expect(message).toContain("http://127.0.0.1:1/");
  });

  it("does not take another's answer for it", async () => {
    const other = createServer((_, response) => response.writeHead(502).end("<h1>Bad gateway</h1>"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { code, status } = await failure(createClient({ url: `http://127.0.0.1:${port}` }).classify("a"));
    expect([code, status]).toEqual(["server-error", 502]);
    other.close();
  });

  it.each([
    ["JSON that is cut off", 500, "application/json", '{"code":"inter'],
    ["JSON of another kind", 403, "application/json", "null"],
    ["a page for a list", 200, "text/html", "<h1>Sign in</h1>\n<p>"],
    ["lines that are no objects", 200, "application/x-ndjson", "null\n"],
  ])("says so of %s", async (_, status, type, text) => {
    const fetch = () => new Response(text, { status, headers: { "content-type": type } });
    const client = createClient({ url: "https://example.com", fetch });
    expect(await failure(client.classify(["a"], { stream: true }).next())).toMatchObject({
      code: "server-error",
      status,
    });
    expect((await failure(client.classify("a"))).code).toBe("server-error");
  });

  it("keeps to the address, its path, its headers and its own fetch", async () => {
    const seen: unknown[] = [];
    const client = createClient({
      url: "https://example.com/bert",
      key: "secret",
      headers: { "x-request-id": "mine" },
      timeoutMs: 1500.2,
      fetch: async (url, { headers, body }) => {
        seen.push(url, headers, body);
        return Response.json({ label: "positive" });
      },
    });
    await client.classify("a", { top: 1 });
    expect(seen).toEqual([
      "https://example.com/bert/v1/classify",
      {
        "x-request-id": "mine",
        authorization: "Bearer secret",
        "x-request-timeout": "1501",
        "content-type": "application/json",
      },
      `{"text":"a","top":1}`,
    ]);
  });
});

it("is less than 3 KB, compressed, and made of nothing else", async () => {
  const { compressed, files, imports } = await bundle(`export { createClient } from "@cloze/edge/client";`);
  expect(compressed).toBeLessThan(3000);
  expect(compressed).toBeGreaterThan(1000);
  expect(files.filter((file) => !/\bpackages\/edge\/dist\/client\//.test(file))).toEqual([]);
  expect(imports).toEqual([]);
});
