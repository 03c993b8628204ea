import { Hono } from "hono";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createApp, readModel } from "./index.ts";

const sizes = {
  vocab_size: 10,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  intermediate_size: 8,
};
const vocabTxt = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"].join("\n");

describe("a model of one's own", () => {
  it("has the special tokens and the added tokens of an older folder's files", async () => {
    const model = readModel({
      config: JSON.stringify(sizes),
      vocabTxt,
      specialTokensMap: `{"additional_special_tokens":["[USER]"]}`,
      addedTokens: `{"[USER]":6,"covid":7}`,
      plugins: [],
    });
    const response = await createApp({ model }).request("/v1/tokenize", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"text":"[USER] covid"}`,
    });
    expect(await response.json()).toMatchObject({ ids: [2, 6, 7, 3] });
  });

  it("shows the head that came inside it on its page", async () => {
    const labels = { architectures: ["BertForSequenceClassification"], id2label: { 0: "no", 1: "yes" } };
    const model = readModel({ config: JSON.stringify({ ...sizes, ...labels }), vocabTxt, plugins: [] });
    const app = createApp({ model, page: "{{service}}" });
    expect(JSON.parse(await (await app.request("/")).text())).toMatchObject({
      inputs: 64,
      plugins: [{ name: "head", kind: "sequence" }],
    });
  });
});

it("an app that is open to changes is so on this machine only, by its own name", async () => {
  const app = createApp({ model: readModel({ config: JSON.stringify(sizes), vocabTxt, plugins: [] }) });
  const statusAt = async (host: string) =>
    (await app.request(`http://${host}/v1/plugins/moods`, { method: "DELETE" }, { CLOZE_ADMIN: "open" }))
      .status;
  for (const host of ["localhost:8787", "127.0.0.1:8787", "127.1.2.3", "[::1]:8787"])
    expect(await statusAt(host)).toBe(422); // there is no store
  for (const host of ["cloze.example", "127.0.0.1.example", "localhost.example", "10.0.0.1", "[::2]"])
    expect(await statusAt(host)).toBe(403);
});

const never = () => new Promise<never>(() => {});

describe("a store of plugins that does not answer", () => {
  const app = createApp({
    model: readModel({ config: JSON.stringify(sizes), vocabTxt, plugins: [] }),
    store: { get: never, put: never, delete: never, list: never },
  });

  it.each(["/v1/classify", "/v1/plugins/moods"])("holds up %s no longer than its deadline", async (path) => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const response = await app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-timeout": "50" },
      body: `{"text":"a"${path === "/v1/classify" ? `,"plugin":"moods"` : ""}}`,
    });
    log.mockRestore();
    expect([response.status, await response.json()]).toEqual([
      504,
      expect.objectContaining({ code: "timeout", detail: expect.stringMatching(/^Where plugins are kept/) }),
    ]);
  });
});

describe("a request", () => {
  const app = createApp({ model: readModel({ config: JSON.stringify(sizes), vocabTxt, plugins: [] }) });
  const ask = (headers: Record<string, string> = {}, env = {}) =>
    app.request(
      "/v1/tokenize",
      {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: `{"inputs":[{"text":"a"}]}`,
      },
      env,
    );
  afterEach(() => void vi.unstubAllGlobals());

  it.each(["no-store", "No-Store"])("with Cache-Control: %s is not kept", async (asked) => {
    const put = vi.fn<() => Promise<void>>(async () => {});
    vi.stubGlobal("caches", { open: async () => ({ match: async () => undefined, put }) });
    const env = { CLOZE_CACHE_SECONDS: "60" };
    expect((await ask({ "cache-control": asked }, env)).headers.get("x-cache")).toBeNull();
    expect(put).not.toHaveBeenCalled();
    expect((await ask({}, env)).headers.get("x-cache")).toBe("MISS");
  });

  it.each([
    ["application/x-ndjson", true],
    ["Application/X-NDJSON, */*;q=0.1", true],
    ["application/x-ndjson;q=0.5", true],
    ["application/json, application/x-ndjson;q=0", false],
    ["application/x-ndjson; q=0.0, application/json", false],
  ])("with Accept: %s is answered in lines: %s", async (accept, lines) => {
    const type = (await ask({ accept })).headers.get("content-type");
    expect(type).toBe(lines ? "application/x-ndjson" : "application/json");
  });

  it("may have more time than any has", async () => {
    expect((await ask({ "x-request-timeout": "9999999999" })).status).toBe(200);
    expect((await ask({ "x-request-timeout": "0000000000" })).status).toBe(400);
  });

  it.each([
    ["application/json;", 200],
    ["application/json; profile=a", 200],
    [`application/json; profile=a ; Charset="UTF-8"`, 200],
    ["application/json; charset=latin1", 415],
    ["application/json; profile=a; charset=utf-16", 415],
    ["application/json; charset=utf-8x", 415],
    ["application/jsonl", 415],
  ])("of the type %s is answered %i", async (type, status) => {
    expect((await ask({ "content-type": type })).status).toBe(status);
  });

  it("whose lines end with the service's error leaves nothing running", async () => {
    const labels = { architectures: ["BertForSequenceClassification"], id2label: { 0: "no", 1: "yes" } };
    const model = readModel({ config: JSON.stringify({ ...sizes, ...labels }), vocabTxt, plugins: [] });
    const signals: AbortSignal[] = [];
    const server = (_: string, { signal }: RequestInit) => {
      signals.push(signal!);
      return signals.length === 1 ? Promise.resolve(new Response("", { status: 500 })) : never();
    };
    const log = vi.spyOn(console, "error").mockReturnValue();
    const response = await createApp({ model }).request(
      "/v1/classify",
      {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/x-ndjson" },
        body: JSON.stringify({ inputs: Array.from({ length: 16 }, () => ({ text: "a" })) }),
      },
      { CLOZE_SERVER_URL: "http://a", CLOZE_SERVER_MODEL: "m", CLOZE_SERVER: { fetch: server } },
    );
    expect(JSON.parse(await response.text())).toMatchObject({ error: { code: "server-error" } });
    log.mockRestore();
    expect(signals.slice(1).map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("that fails tells clients of others where they look, wherever the app is mounted", async () => {
    const mounted = new Hono().route("/bert", app);
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    for (const path of ["/hf/fill-mask", "/v1/embeddings"]) {
      const [own, below] = await Promise.all(
        [await app.request(path, init), await mounted.request(`/bert${path}`, init)].map(
          async (one) => (await one.json()) as { error: unknown },
        ),
      );
      expect(own.error).toBeDefined();
      expect(below.error).toEqual(own.error);
    }
  });
});
