import { expect, test, vi } from "vitest";
import { tabEngine } from "./tab.ts";

const question = {
  route: "/v1/classify",
  plugin: undefined,
  own: false,
  inputs: [{ text: "a" }],
  many: false,
  options: {},
};

test("a tab that is not on WebGPU says why, and calls nothing failed that was only slower", async () => {
  const tab = {
    device: "wasm",
    fallback: "WebAssembly was measured to be faster here.",
    answer: async () => ({ label: "b" }),
  };
  vi.doMock("/tab.js", () => ({ openTab: async () => tab }));
  const { signal } = new AbortController();
  const engine = await tabEngine(() => {}, signal);
  const { answers, timing } = await engine.ask(question, signal);
  expect(answers).toEqual([{ label: "b" }]);
  expect(timing).toMatch(/in this tab, on WebAssembly \(not WebGPU: WebAssembly was measured to be faster/);
});
