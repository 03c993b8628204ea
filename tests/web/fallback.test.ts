/** What becomes of a model whose device lets it down: no browser is needed for that. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { load } from "@cloze/runtime/web";
import type { SessionWorker } from "@cloze/runtime/web";
import { NodeFiles } from "@cloze/runtime/node";
import { afterEach, expect, test, vi } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";

const model = fixturePath("checkpoints/erf");

/** A worker that opens a model in WebAssembly, and nothing on WebGPU. */
function withoutGpu(devices: string[]): SessionWorker {
  const worker: SessionWorker = {
    onmessage: null,
    onerror: null,
    terminate: () => devices.push("ended"),
    postMessage(message) {
      const { device } = message as { readonly device: string };
      devices.push(device);
      const error = { code: "unsupported", message: "The adapter has no shaders." };
      const data = device === "webgpu" ? { error } : { outputs: {} };
      queueMicrotask(() => worker.onmessage?.({ data } as MessageEvent));
    },
  };
  return worker;
}

afterEach(() => vi.unstubAllGlobals());
const withAdapter = () =>
  vi.stubGlobal("navigator", {
    gpu: { requestAdapter: async () => ({ info: { isFallbackAdapter: false }, features: new Set() }) },
  });
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

test("where WebGPU opens nothing, auto takes WebAssembly, says why, and leaves no worker behind", async () => {
  withAdapter();
  const devices: string[] = [];
  const worker = () => withoutGpu(devices);
  await using bert = await load(new NodeFiles(model), { worker });
  expect(bert).toMatchObject({ device: "wasm", fallback: { message: "The adapter has no shaders." } });
  expect(devices).toEqual(["webgpu", "ended", "wasm"]);
});

test("a device that was asked for is not replaced, and what was not tried has not failed", async () => {
  withAdapter();
  const devices: string[] = [];
  const worker = () => withoutGpu(devices);
  await expect(load(new NodeFiles(model), { worker, device: "webgpu" })).rejects.toThrow(code("unsupported"));
  await using bert = await load(new NodeFiles(model), { worker, device: "wasm" });
  expect(bert.fallback).toBeUndefined();
  expect(devices).toEqual(["webgpu", "ended", "wasm"]);
});

test("who gives up while WebGPU opens the model gets no other", async () => {
  withAdapter();
  const ended: string[] = [];
  let started = 0;
  const stop = new AbortController();
  const worker = () => {
    started++;
    queueMicrotask(() => stop.abort());
    return { ...withoutGpu(ended), postMessage: () => {} };
  };
  await expect(load(new NodeFiles(model), { worker, signal: stop.signal })).rejects.toThrow(code("aborted"));
  expect(started).toBe(1);
  expect(ended).toContain("ended");
});

/** Answers as a server of the model. */
async function fetch(url: string): Promise<Response> {
  const bytes = readFileSync(path.join(model, path.basename(url)));
  return new Response(bytes, { headers: { "content-length": String(bytes.length) } });
}

test("who gives up when the model is there takes nothing from it: after a loss it is read again", async () => {
  withAdapter();
  let started = 0;
  const worker = (): SessionWorker => {
    const lossy: SessionWorker = {
      onmessage: null,
      onerror: null,
      terminate: () => {},
      postMessage(message) {
        const isStart = "device" in (message as object);
        if (isStart) started++;
        const data = isStart ? { outputs: {} } : { lost: "gone" };
        queueMicrotask(() => lossy.onmessage?.({ data } as MessageEvent));
      },
    };
    return lossy;
  };
  const stop = new AbortController();
  const files = ["config.json", "model.safetensors", "vocab.txt"];
  const options = { worker, fetch, files, device: "webgpu", signal: stop.signal } as const;
  await using bert = await load("https://models.test/erf", options);
  stop.abort();
  await expect(bert.classify("the cat")).rejects.toThrow(/lost twice in a row/);
  expect(started).toBe(2);
});
