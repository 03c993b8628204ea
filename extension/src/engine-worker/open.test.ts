import { expect, test } from "vitest";
import { open } from "./open.ts";
import type { Host } from "./open.ts";

const options = { script: "", location: "org/tiny", device: "wasm", precision: "fp32", plugins: [] } as const;
const hostOf = (files: Readonly<Record<string, string>>) =>
  ({
    recall: async () => undefined,
    remember: async () => {},
    read: async (path: string) =>
      path in files
        ? { value: { bytes: new TextEncoder().encode(files[path]) } }
        : { error: { code: "not-found", message: "EntryNotFound" } },
  }) as unknown as Host;

test("a model that lacks a file is called by its name, with what to do", async () => {
  const list = JSON.stringify({ files: { "config.json": { size: 2, sha256: "0".repeat(64) } } });
  for (const files of [{}, { "files.json": list }]) {
    const error: unknown = await open(hostOf(files), options).catch((why: unknown) => why);
    expect(error).toMatchObject({ code: "not-found" });
    expect(String(error)).toMatch(/org\/tiny .*config\.json.*: add the model again in Cloze: Manage Models…/);
    expect(String(error)).not.toContain("model.invalid");
  }
});

test("a file that is not what was told of it is of the model, not of an address", async () => {
  const list = JSON.stringify({ files: { "config.json": { size: 2, sha256: "0".repeat(64) } } });
  const error: unknown = await open(hostOf({ "files.json": list, "config.json": "{}" }), options).catch(
    (why: unknown) => why,
  );
  expect(error).toMatchObject({ code: "invalid-model" });
  expect(String(error)).toContain("config.json at org/tiny");
});
