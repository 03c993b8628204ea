/** Plugins in R2: what was put is seen at once, everywhere. */
import type { Blobs } from "../blobs.ts";

/** What is used of an R2 bucket. */
export interface ObjectBucket {
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
  put(key: string, value: Uint8Array<ArrayBuffer>): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    readonly objects: readonly { readonly key: string }[];
    readonly truncated: boolean;
    readonly cursor?: string;
  }>;
}

/**
 * Plugins in an R2 bucket.
 *
 * @example
 * const store = new PluginStore({ blobs: r2Blobs(env.CLOZE_BUCKET), encoder, config });
 * (await store.list()).length; // 0
 */
export function r2Blobs(bucket: ObjectBucket): Blobs {
  return {
    async get(key) {
      const object = await bucket.get(key);
      return object === null ? undefined : new Uint8Array(await object.arrayBuffer());
    },
    async put(key, bytes) {
      await bucket.put(key, bytes);
    },
    async delete(key) {
      await bucket.delete(key);
    },
    async list(prefix) {
      const keys: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) });
        keys.push(...page.objects.map(({ key }) => key));
        if (!page.truncated || page.cursor === undefined) return keys;
        cursor = page.cursor;
      }
    },
  };
}
