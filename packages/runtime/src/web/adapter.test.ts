import { afterEach, expect, test, vi } from "vitest";
import { describeAdapter, findAdapter } from "./adapter.ts";

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["no adapter", null],
  ["one that tells nothing, as browsers' before 2024", { features: new Set() }],
])("with %s WebAssembly is left, and WebGPU by name is refused", async (_, adapter) => {
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => adapter } });
  expect(await findAdapter("auto")).toBeUndefined();
  await expect(findAdapter("webgpu")).rejects.toMatchObject({ code: "unsupported", field: "device" });
});

test.each([
  ["is told of by its information", { info: { isFallbackAdapter: true } }],
  ["is told of beside it, as browsers' before 2025", { info: {}, isFallbackAdapter: true }],
])("a card that a CPU plays %s, and is left", async (_, adapter) => {
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => ({ ...adapter, features: new Set() }) } });
  expect(await describeAdapter()).toMatchObject({ software: true, halfPrecision: false });
  expect(await findAdapter("auto")).toBeUndefined();
  expect(await findAdapter("webgpu")).toMatchObject({ software: true });
});
