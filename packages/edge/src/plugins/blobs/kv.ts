/** Plugins in Workers KV, which other places see within a minute, a pointer maybe before the file it points to. */
import type { Blobs } from "../blobs.ts";

/** What is used of a KV namespace. */
export interface KeyValueNamespace {
  get(key: string, type: "arrayBuffer"): Promise<ArrayBuffer | null>;
  put(key: string, value: Uint8Array<ArrayBuffer>): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    readonly keys: readonly { readonly name: string }[];
    readonly list_complete: boolean;
    readonly cursor?: string;
  }>;
}

/**
 * Plugins in a KV namespace.
 *
 * @example
 * const store = new PluginStore({ blobs: kvBlobs(env.CLOZE_PLUGINS), encoder, config });
 * (await store.list()).length; // 0
 */
export function kvBlobs(namespace: KeyValueNamespace): Blobs {
  return {
    async get(key) {
      // No long cacheTtl for files, though they never change: that one is not there yet would be kept as long.
      const bytes = await namespace.get(key, "arrayBuffer");
      return bytes === null ? undefined : new Uint8Array(bytes);
    },
    async put(key, bytes) {
      await namespace.put(key, bytes);
    },
    async delete(key) {
      await namespace.delete(key);
    },
    async list(prefix) {
      const names: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await namespace.list({ prefix, ...(cursor !== undefined && { cursor }) });
        names.push(...page.keys.map(({ name }) => name));
        if (page.list_complete || page.cursor === undefined) return names;
        cursor = page.cursor;
      }
    },
  };
}
