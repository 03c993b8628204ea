/** OpenAI's own clients, unchanged, before the built Worker. */
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { pythonWith } from "../reference/python.ts";
import { film, run, useStarter } from "./stand.ts";

const stand = useStarter();
const python = pythonWith("openai");
if (python === undefined)
  console.warn("OpenAI's client in Python was not tried: CLOZE_PYTHON has no openai.");

const texts = [film, "", "the price of oil"];

async function vectors(): Promise<unknown[][]> {
  const embedded = await stand.bert.embed(
    texts.map((text) => ({ text })),
    { normalize: true },
  );
  return embedded.map(({ embedding }) => Array.from(embedding, (x) => expect.closeTo(x, 4) as unknown));
}

const client = () =>
  new OpenAI({ baseURL: new URL("v1", stand.worker.url).href, apiKey: "none", maxRetries: 0 });

describe("openai", () => {
  it("gives the vectors that the model gives in this process, in either encoding", async () => {
    const expected = await vectors();
    for (const encoding of [undefined, "float", "base64"] as const) {
      const { data, ...about } = await client().embeddings.create({
        model: "text-embedding-3-small",
        input: texts,
        ...(encoding && { encoding_format: encoding }),
      });
      const decoded = data.map(({ embedding }) =>
        typeof embedding === "string"
          ? Array.from(new Float32Array(new Uint8Array(Buffer.from(embedding, "base64")).buffer))
          : embedding,
      );
      expect(decoded).toEqual(expected);
      expect(data.map(({ index, object }) => [index, object])).toEqual(texts.map((_, i) => [i, "embedding"]));
      const tokens = texts.reduce((sum, text) => sum + stand.bert.tokenizer.encode(text).ids.length, 0);
      expect(about).toEqual({
        object: "list",
        model: "cloze-starter",
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      });
    }
  });

  it("takes one text, the model's own size and a user, and says of a text that it was cut", async () => {
    const { data, usage } = await client().embeddings.create({
      model: "cloze",
      input: `${film} `.repeat(200),
      dimensions: 384,
      user: "somebody",
    });
    expect(data).toMatchObject([{ truncated: true }]);
    expect(usage.total_tokens).toBe(512);
  });

  it.each([
    ["input", { input: [1037, 4010] }, /^422 input should be a text .*token ids are another vocabulary's\.$/],
    ["input", { input: [] }, /^422 input should have a text\.$/],
    ["input", { input: Array<string>(65).fill("a") }, /^422 input should have at most 64 items\.$/],
    [
      "dimensions",
      { input: "a", dimensions: 256 },
      /^422 dimensions should be 384, the model's own, but is 256\.$/,
    ],
    ["prompt", { input: "a", prompt: "b" }, /^422 The body takes .*, but not prompt\.$/],
  ])("is told of a wrong %s", async (param, body, message) => {
    const refused = client().embeddings.create({ model: "cloze", ...body });
    await expect(refused).rejects.toMatchObject({
      status: 422,
      code: "invalid-input",
      type: "invalid_request_error",
      param,
      message: expect.stringMatching(message) as unknown,
    });
  });
});

describe.runIf(python)("openai in Python", () => {
  it("gives the vectors that the model gives in this process, and shows why a request is refused", async () => {
    const told = await run(
      python!,
      "-c",
      `
import json, sys
from openai import OpenAI, UnprocessableEntityError
url, *texts = sys.argv[1:]
client = OpenAI(base_url=url + "v1", api_key="none")
answers = [client.embeddings.create(model="cloze", input=texts),
  client.embeddings.create(model="cloze", input=texts, encoding_format="float")]
try: client.embeddings.create(model="cloze", input=[[1, 2]])
except UnprocessableEntityError as error: refused = [error.code, error.param, str(error)]
print(json.dumps([[[one.embedding for one in answer.data] for answer in answers], refused]))`,
      stand.worker.url,
      ...texts,
    );
    const expected = await vectors();
    expect(JSON.parse(told)).toEqual([
      [expected, expected],
      ["invalid-input", "input", expect.stringContaining("422 - input should be a text or a list of texts")],
    ]);
  });
});
