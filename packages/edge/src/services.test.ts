import { definePlugin, presets, Tokenizer } from "@cloze/core";
import { tinyModel } from "@cloze/core/testing";
import { describe, expect, it } from "vitest";
import { Services } from "./services.ts";
import type { EdgeOptions } from "./options.ts";

const { tokenizer } = tinyModel();
const model = { tokenizer, config: presets.tiny, plugins: [] };
const keyOf = (options: Omit<EdgeOptions, "model">) =>
  new Services({ model, ...options })
    .cache({ CLOZE_CACHE_SECONDS: "60" })
    ?.key("/v1/count", "", new Uint8Array());
const count = (version: string) => ({
  plugins: [definePlugin({ name: "count", version, features: "mean", run: () => ({}) })],
});

const server = (name: string) => ({ server: { url: "http://a", model: name } });

describe("an answer that is kept", () => {
  it("is not taken for that of another version of a plugin that is code", async () => {
    expect(await keyOf(count("1.0.0"))).toBe(await keyOf(count("1.0.0")));
    expect(await keyOf(count("1.0.0"))).not.toBe(await keyOf(count("1.1.0")));
  });

  it("is not taken for that of another model of the same size on the server", async () => {
    expect(await keyOf(server("mine"))).not.toBe(await keyOf(server("yours")));
  });

  it("is not taken for that of the same model whose texts are read otherwise", async () => {
    const cased = new Tokenizer(tokenizer.vocabulary, { lowercase: false });
    const other = new Services({ model: { ...model, tokenizer: cased } }).cache({
      CLOZE_CACHE_SECONDS: "60",
    });
    expect(await other?.key("/v1/count", "", new Uint8Array())).not.toBe(await keyOf({}));
  });
});
