/** Plugins in memory: for tests, for a Worker on one's own machine, and to make what is deployed as static files. */
import type { Blobs } from "../blobs.ts";

/**
 * Plugins that are kept as long as the process lives.
 *
 * @example
 * const store = new PluginStore({ blobs: memoryBlobs(), encoder, config });
 * await store.find("moods"); // undefined
 */
export function memoryBlobs(): Blobs {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    get: async (key) => kept.get(key)?.slice(),
    put: async (key, bytes) => void kept.set(key, bytes.slice()),
    delete: async (key) => void kept.delete(key),
    list: async (prefix) => [...kept.keys()].filter((key) => key.startsWith(prefix)),
  };
}
