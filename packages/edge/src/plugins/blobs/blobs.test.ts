import { describe, expect, it } from "vitest";
import { bindingBlobs } from "./binding.ts";
import { memoryBlobs } from "./memory.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Keys in pages of two, as KV and R2 list them. */
function page(kept: ReadonlyMap<string, unknown>, prefix: string, cursor = "0") {
  const keys = [...kept.keys()].filter((key) => key.startsWith(prefix));
  const next = Number(cursor) + 2;
  return { keys: keys.slice(Number(cursor), next), more: next < keys.length, cursor: String(next) };
}

function fakeNamespace() {
  const kept = new Map<string, Uint8Array>();
  return {
    get: async (key: string) => kept.get(key)?.slice().buffer ?? null,
    put: async (key: string, value: Uint8Array) => void kept.set(key, value),
    delete: async (key: string) => void kept.delete(key),
    async list({ prefix, cursor }: { prefix: string; cursor?: string }) {
      const { keys, more, ...rest } = page(kept, prefix, cursor);
      return { keys: keys.map((name) => ({ name })), list_complete: !more, ...(more && rest) };
    },
  };
}

function fakeBucket() {
  const kept = new Map<string, Uint8Array>();
  return {
    head: async () => null,
    async get(key: string) {
      const found = kept.get(key);
      return found ? { arrayBuffer: async () => found.slice().buffer } : null;
    },
    put: async (key: string, value: Uint8Array) => void kept.set(key, value),
    delete: async (key: string) => void kept.delete(key),
    async list({ prefix, cursor }: { prefix: string; cursor?: string }) {
      const { keys, more, ...rest } = page(kept, prefix, cursor);
      return { objects: keys.map((key) => ({ key })), truncated: more, ...(more && rest) };
    },
  };
}

describe.each([
  ["memory", memoryBlobs],
  ["a KV namespace", () => bindingBlobs(fakeNamespace())],
  ["an R2 bucket", () => bindingBlobs(fakeBucket())],
])("blobs in %s", (_, make) => {
  it("are put, given, listed to the last page, and removed", async () => {
    const blobs = make();
    expect(await blobs.get("a/1")).toBeUndefined();
    for (const key of ["a/1", "a/2", "a/3", "a/4", "a/5", "b/1"]) await blobs.put(key, bytes(key));
    expect(await blobs.get("a/1")).toEqual(bytes("a/1"));
    expect(await blobs.list("a/")).toEqual(["a/1", "a/2", "a/3", "a/4", "a/5"]);
    await blobs.delete("a/1");
    await blobs.delete("a/1");
    expect(await blobs.get("a/1")).toBeUndefined();
    expect(await blobs.list("")).toHaveLength(5);
  });
});
