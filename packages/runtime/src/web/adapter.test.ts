import { afterEach, expect, test, vi } from "vitest";
import { findAdapter } from "./adapter.ts";

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["no adapter", null],
  ["one that tells nothing, as browsers' before 2024", { features: new Set() }],
])("with %s WebAssembly is left, and WebGPU by name is refused", async (_, adapter) => {
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => adapter } });
  expect(await findAdapter("auto")).toBeUndefined();
  await expect(findAdapter("webgpu")).rejects.toMatchObject({ code: "unsupported", field: "device" });
});
