import { parsePlugin, presets } from "@cloze/core";
import { expect, it, vi } from "vitest";
import { memoryBlobs } from "./blobs/memory.ts";
import { encodePointer, fileKey, pointerKey } from "./pointer.ts";
import { PluginStore } from "./store.ts";

const sha256 = "a".repeat(64);
const encoder = { name: "my-encoder", sha256 };

/** Blobs in which a plugin is installed. */
async function setUp() {
  const blobs = memoryBlobs();
  const json = { name: "moods", kind: "sequence", labels: ["sad", "glad"], features: "mean", encoder };
  const installedAt = "2026-11-01T00:00:00Z";
  const record = encodePointer({
    plugin: parsePlugin(JSON.stringify(json)),
    active: sha256,
    versions: [{ version: "1.0.0", sha256, bytes: 1, installedAt }],
  });
  await blobs.put(pointerKey("moods"), record);
  await blobs.put(fileKey(sha256), Uint8Array.of(0));
  return blobs;
}

it("a plugin is removed though a file of it cannot be deleted, in the time that blobs are waited for", async () => {
  const blobs = await setUp();
  const stuck = (key: string) => (key === fileKey(sha256) ? new Promise<never>(() => {}) : blobs.delete(key));
  const store = new PluginStore({ blobs: { ...blobs, delete: stuck }, encoder, config: presets.tiny });
  vi.useFakeTimers();
  try {
    let removed = false;
    void store.remove("moods").then(() => (removed = true));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(removed).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

it("what is read slowly of a plugin does not bring back what was removed meanwhile", async () => {
  const blobs = await setUp();
  let time = 0;
  let held: Promise<void> | undefined;
  const get = async (key: string) => {
    const [found] = await Promise.all([blobs.get(key), held]);
    return found;
  };
  const store = new PluginStore({
    blobs: { ...blobs, get },
    encoder,
    config: presets.tiny,
    now: () => time,
  });
  expect(await store.get("moods")).toBeDefined();
  time += 2000; // what is known is old
  let release: (() => void) | undefined;
  held = new Promise((resolve) => (release = resolve));
  const before = store.get("moods");
  held = undefined;
  await store.remove("moods");
  release!();
  await before;
  expect(await store.get("moods")).toBeUndefined();
});
