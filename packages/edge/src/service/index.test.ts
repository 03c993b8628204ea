import { readModel } from "@cloze/core";
import { expect, it } from "vitest";
import { createApp } from "../app.ts";
import { createService } from "./index.ts";

it("a service binding needs no key, wherever the keys come from, and changes nothing", async () => {
  const config = `{"vocab_size":6,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":1,"intermediate_size":8}`;
  const vocabTxt = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"].join("\n");
  const model = readModel({ config, vocabTxt, plugins: [] });
  const keys = `ci use ${"0".repeat(64)}`;
  class Base {
    readonly given: readonly unknown[];
    constructor(ctx: unknown, env: unknown) {
      this.given = [ctx, env];
    }
  }
  for (const [options, env] of [
    [{ keys }, {}],
    [{}, { CLOZE_KEYS: keys }],
  ]) {
    const Cloze = createService(Base, createApp({ model, ...options }));
    const cloze = new Cloze({}, env);
    expect(await cloze.tokenize("a")).toMatchObject({ ids: [2, 5, 3] });
    const ask = (path: string, method: string) =>
      cloze.fetch(new Request(`http://localhost${path}`, { method }));
    expect((await ask("/v1/plugins", "GET")).status).toBe(401); // by HTTP one needs one
    expect((await ask("/v1/plugins/moods", "DELETE")).status).toBe(401);
  }
});
