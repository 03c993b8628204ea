/** Plugins on `cloze serve`: which encoder it has, and who may change what it serves. */
import { NodeFiles } from "@cloze/runtime/node";
import { expect, it } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";
import { copyOf } from "./files.ts";
import { serve } from "./serve.ts";

const model = fixturePath("checkpoints/pretraining");
const put = async (url: string) => {
  const response = await fetch(`${url}/v1/plugins/my-sentiment`, {
    method: "PUT",
    headers: { "content-type": "application/zip" },
    body: await copyOf("sentiment"),
  });
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  return { status: response.status, code, detail };
};

it("a model that no plugin names is known by the hash of its weights", async () => {
  await using served = await serve("--model", model);
  const sha256 = await new NodeFiles(model).hash("model.safetensors");
  expect(await put(served.url)).toMatchObject({
    status: 422,
    code: "encoder-mismatch",
    detail: expect.stringContaining(`this service runs pretraining (${sha256.slice(0, 8)}`) as string,
  });
});

it("where others reach it, nobody may install plugins", async () => {
  await using served = await serve("--model", model, "--host", "0.0.0.0");
  const url = served.url.replace("0.0.0.0", "127.0.0.1");
  expect(await put(url)).toMatchObject({ status: 403, code: "forbidden" });
});
