import { buffer } from "node:stream/consumers";
import { buildModel, parseConfig } from "@cloze/core";
import { afterEach, expect, test, vi } from "vitest";
import { MemoryFiles } from "../files/memory.ts";
import { encodeSafetensors } from "../safetensors.ts";
import { load } from "./load.ts";
import type { SessionWorker, Start } from "./protocol.ts";

afterEach(() => vi.unstubAllGlobals());

const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

const config = JSON.stringify({
  model_type: "bert",
  vocab_size: 6,
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  intermediate_size: 4,
  max_position_embeddings: 16,
  type_vocab_size: 2,
});

/** The least model: all zeros. */
async function leastModel(): Promise<MemoryFiles> {
  const { parameters } = buildModel(parseConfig(config).config, { pooler: false, heads: [] });
  const tensors = parameters.map(({ source, shape }) => {
    const dims = shape.map(Number);
    const bytes = new Uint8Array(dims.reduce((size, dim) => size * dim, 4));
    const name = "name" in source ? source.name : "";
    return { name, dtype: "F32", shape: dims, chunks: () => [bytes] } as const;
  });
  const texts = { "config.json": config, "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na" };
  const files = Object.entries(texts).map(([name, text]) => [name, new TextEncoder().encode(text)] as const);
  const weights = Uint8Array.from(await buffer(encodeSafetensors(tensors)));
  return new MemoryFiles(new Map([...files, ["model.safetensors", weights]]));
}

const info = { vendor: "a", architecture: "b", device: "c", description: "d", isFallbackAdapter: false };
const requestAdapter = async () => ({ info, features: new Set(["shader-f16"]) });

/** A worker that opens any model, and answers nothing but that it cannot. */
class Broken implements SessionWorker {
  ended = false;
  readonly told: unknown[] = [];
  onmessage: SessionWorker["onmessage"] = null;
  onerror: SessionWorker["onerror"] = null;
  postMessage(message: unknown): void {
    this.told.push(message);
    const data =
      "model" in (message as Start) ? { outputs: {} } : { error: { code: "internal", message: "It broke." } };
    setTimeout(() => this.onmessage?.({ data } as MessageEvent));
  }
  terminate(): void {
    this.ended = true;
  }
}

test("who gives up while an adapter is looked for downloads nothing", async () => {
  const stop = new AbortController();
  const late = async () => {
    stop.abort();
    return null;
  };
  vi.stubGlobal("navigator", { gpu: { requestAdapter: late } });
  const fetched = vi.fn(async () => new Response("{}"));
  await expect(load("http://models.invalid/x", { fetch: fetched, signal: stop.signal })).rejects.toThrow(
    code("aborted"),
  );
  expect(fetched).not.toHaveBeenCalled();
});

test("a session that cannot be warmed up leaves no worker behind", async () => {
  const worker = new Broken();
  const options = { device: "wasm", worker: () => worker, warmUp: true } as const;
  await expect(load(await leastModel(), options)).rejects.toThrow("It broke.");
  expect(worker.ended).toBe(true);
});

test.each(["webgpu", "wasm"] as const)("no text is longer than the model reads, on %s", async (device) => {
  vi.stubGlobal("navigator", { gpu: { requestAdapter } });
  const worker = new Broken();
  const options = { device, precision: "fp32", worker: () => worker, warmUp: [100] } as const;
  await expect(load(await leastModel(), options)).rejects.toThrow("It broke.");
  expect(worker.told[1]).toMatchObject({ feeds: { input_ids: { dims: [1, 16] } } });
});

test("what half precision fails with is no reason why a model is not on WebGPU, where it is there", async () => {
  vi.stubGlobal("navigator", { gpu: { requestAdapter } });
  let started = 0;
  const worker = () => {
    const broken = new Broken();
    if (started++ > 0) return broken;
    const error = { code: "internal", message: "It has no halves." };
    broken.postMessage = () => setTimeout(() => broken.onmessage?.({ data: { error } } as MessageEvent));
    return broken;
  };
  const choices = { get: async () => "webgpu-fp16", set: async () => {} };
  await using bert = await load(await leastModel(), { worker, choices });
  expect([bert.device, bert.precision]).toEqual(["webgpu", "fp32"]);
  expect(bert.fallback).toBeUndefined();
});

test("a plugin that is fetched is kept no more than the model, where nothing is to be kept", async () => {
  const open = vi.fn(() => Promise.reject(new Error("There is no room.")));
  vi.stubGlobal("caches", { open });
  vi.stubGlobal("fetch", async () => new Response("{}", { headers: { "content-length": "2", etag: "a" } }));
  const options = { device: "wasm", worker: () => new Broken(), cache: false } as const;
  await using bert = await load(await leastModel(), options);
  await expect(bert.plugin("http://models.invalid/plugin")).rejects.toThrow(code("invalid-plugin"));
  expect(open).not.toHaveBeenCalled();
});

test("a plugin's file is fetched from where its address says, and from nowhere if that is none", async () => {
  const asked = new Set<string>();
  const fetched = async (url: string) => {
    asked.add(url);
    return new Response("{}", { headers: { "content-length": "2" } });
  };
  vi.stubGlobal("fetch", fetched);
  await using bert = await load(await leastModel(), { device: "wasm", worker: () => new Broken() });
  const address = "http://models.invalid/plugins/moods.cloze?key=a%2Fb";
  await expect(bert.plugin(address)).rejects.toThrow(code("invalid-plugin"));
  expect([...asked]).toEqual([address]);
  await expect(bert.plugin("moods.cloze")).rejects.toThrow(code("invalid-option"));
});
