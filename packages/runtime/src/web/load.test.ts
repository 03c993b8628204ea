import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { NodeFiles } from "../files/node.ts";
import { load } from "./load.ts";
import type { SessionWorker, Start } from "./protocol.ts";

const starter = path.dirname(fileURLToPath(import.meta.resolve("@cloze/starter/model/config.json")));

/** A worker that opens a model in WebAssembly, and nothing on WebGPU. */
function withoutGpu(devices: string[]): SessionWorker {
  const worker: SessionWorker = {
    onmessage: null,
    onerror: null,
    terminate: () => devices.push("ended"),
    postMessage(message) {
      const { device } = message as Start;
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
    gpu: { requestAdapter: async () => ({ info: { isFallbackAdapter: false } }) },
  });
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

test("where WebGPU opens nothing, auto takes WebAssembly, says why, and leaves no worker behind", async () => {
  withAdapter();
  const devices: string[] = [];
  const worker = () => withoutGpu(devices);
  await using bert = await load(new NodeFiles(starter), { worker });
  expect(bert).toMatchObject({ device: "wasm", fallback: { message: "The adapter has no shaders." } });
  expect(devices).toEqual(["webgpu", "ended", "wasm"]);
});

test("a device that was asked for is not replaced, and what was not tried has not failed", async () => {
  withAdapter();
  const worker = () => withoutGpu([]);
  await expect(load(new NodeFiles(starter), { worker, device: "webgpu" })).rejects.toThrow(
    code("unsupported"),
  );
  await using bert = await load(new NodeFiles(starter), { worker, device: "wasm" });
  expect(bert.fallback).toBeUndefined();
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
  await expect(load(new NodeFiles(starter), { worker, signal: stop.signal })).rejects.toThrow(
    code("aborted"),
  );
  expect(started).toBe(1);
  expect(ended).toContain("ended");
});
