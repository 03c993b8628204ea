/** What NVIDIA Triton makes of an exported repository, for the Worker that knows nothing of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { exportTriton, openFolder } from "@cloze/runtime/node";
import { RemoteSession } from "@cloze/runtime/remote";
import type { Feeds } from "@cloze/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { itIsTheStarter } from "../edge/starter-suite.ts";
import { pythonWith } from "../reference/python.ts";
import { starter } from "../starter.ts";
import { startTriton } from "./triton.ts";
import type { Triton } from "./triton.ts";

const python = pythonWith("pytriton", "onnxruntime", "numpy");
const folder = mkdtempSync(path.join(tmpdir(), "cloze-repository-"));
afterAll(() => rmSync(folder, { recursive: true }));

let triton: Triton;
beforeAll(async () => {
  if (!python) return;
  await exportTriton(await openFolder(starter), folder, { name: "cloze-starter", device: "cpu" });
  triton = await startTriton(python, folder);
});
afterAll(() => triton?.[Symbol.asyncDispose]());

describe.runIf(python)("the starter over HTTP, on Triton", () => {
  itIsTheStarter(async () => ({ url: triton.url, close: async () => {} }));
});

/** So many rows of [CLS], a word and [SEP]. */
const feeds = (rows: number, length = 16): Feeds => ({
  input_ids: {
    type: "int32",
    dims: [rows, length],
    data: Int32Array.from({ length: rows * length }, (_, i) => [101, 4010, 102][i % length] ?? 0),
  },
  token_type_ids: { type: "int32", dims: [rows, length], data: new Int32Array(rows * length) },
  attention_mask: {
    type: "float32",
    dims: [rows, length],
    data: Float32Array.from({ length: rows * length }, (_, i) => Number(i % length < 3)),
  },
});

interface Statistics {
  readonly model_stats: readonly {
    readonly name: string;
    readonly inference_count: number;
    readonly execution_count: number;
  }[];
}

const session = () => new RemoteSession({ url: triton.url, model: "cloze-starter" });
const counts = async (name: string) => {
  const { model_stats } = (await (await fetch(`${triton.url}/v2/models/stats`)).json()) as Statistics;
  const { inference_count: rows, execution_count: runs } = model_stats.find((one) => one.name === name)!;
  return { rows, runs };
};

describe.runIf(python)("Triton", () => {
  test("was warmed up for every length that travels", async () => {
    expect((await counts("cloze-starter-encoder")).runs).toBeGreaterThanOrEqual(9);
  });

  test("runs the head on masked words for those alone that ask it", async () => {
    const before = await counts("cloze-starter-masked-lm");
    await session().run(feeds(1), ["sentiment", "last_hidden_state"]);
    expect(await counts("cloze-starter-masked-lm")).toEqual(before);
    const masked_positions = { type: "int32", dims: [1, 1], data: Int32Array.of(1) } as const;
    const both = await session().run({ ...feeds(1), masked_positions }, ["masked-lm.ids", "sentiment"]);
    expect([both["masked-lm.ids"].dims, both.sentiment.dims]).toEqual([
      [1, 1, 32],
      [1, 2],
    ]);
    expect((await counts("cloze-starter-masked-lm")).runs).toBe(before.runs + 1);
  });

  test("joins requests that come together, and gives each its own rows", async () => {
    const alone = await session().run(feeds(2), ["sentiment"]);
    const before = await counts("cloze-starter-encoder");
    const all = await Promise.all(Array.from({ length: 24 }, () => session().run(feeds(2), ["sentiment"])));
    const after = await counts("cloze-starter-encoder");
    expect(after.rows - before.rows).toBe(48);
    expect(after.runs - before.runs).toBeLessThan(16);
    for (const { sentiment } of all) {
      expect(sentiment.dims).toEqual([2, 2]);
      for (const [i, logit] of sentiment.data.entries())
        expect(logit).toBeCloseTo(alone.sentiment.data[i], 4);
    }
  });

  test("takes the most rows that a session sends, and no more than it says", async () => {
    const { sentiment } = await session().run(feeds(64), ["sentiment"]);
    expect(sentiment.dims).toEqual([64, 2]);
    await expect(session().run(feeds(65), ["sentiment"])).rejects.toThrow("must be <= 64");
  });

  test("says what is missing to who asks for masked words without their places", async () => {
    await expect(session().run(feeds(1), ["masked-lm.total"])).rejects.toThrow("masked_positions");
  });

  test("drops what has waited as long as its deadline allows", async () => {
    const body = JSON.stringify({
      parameters: { timeout: 1 },
      inputs: Object.entries(feeds(1)).map(([name, { dims, data }]) => ({
        name,
        datatype: "INT64",
        shape: dims,
        data: Array.from(data),
      })),
      outputs: [{ name: "sentiment" }],
    });
    const answer = await fetch(`${triton.url}/v2/models/cloze-starter/infer`, { method: "POST", body });
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining("timeout expired")]);
  });

  test("counts what it does for Prometheus", async () => {
    expect(await triton.metrics()).toMatch(/^nv_inference_count\{model="cloze-starter",version="1"\} [1-9]/m);
  });
});
