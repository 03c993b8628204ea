import { describe, expect, it, vi } from "vitest";
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
