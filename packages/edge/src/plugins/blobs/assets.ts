/**
 * Plugins as static files that are deployed with the Worker, which cannot change them. `assetFiles` says which files
 * those are.
 */
import { ClozeError } from "@cloze/core";
import type { Blobs } from "../blobs.ts";

/** Which files there are: static files cannot be listed. */
const INDEX = "plugins/index.json";

/** What is used of an assets binding. */
export interface AssetsFetcher {
  fetch(url: string): Promise<Response>;
}

/**
 * Plugins among the Worker's static assets.
 *
 * @example
 * const blobs = assetBlobs({ fetch: async () => new Response("", { status: 404 }) });
 * await blobs.list(""); // []
 */
export function assetBlobs(assets: AssetsFetcher): Blobs {
  const get: Blobs["get"] = async (key) => {
    const response = await assets.fetch(`https://assets.local/${key}`); // of the address only the path counts
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    await response.body?.cancel();
    if (response.status === 404) return undefined;
    throw new Error(`the assets answered status ${response.status}`);
  };
  return {
    get,
    put: refuse,
    delete: refuse,
    async list(prefix) {
      const index = await get(INDEX);
      if (!index) return [];
      return (JSON.parse(new TextDecoder().decode(index)) as string[]).filter((key) =>
        key.startsWith(prefix),
      );
    },
  };
}

/**
 * The static files of plugins, by path below the folder of assets: what a store over `memoryBlobs` has installed.
 *
 * @example
 * const blobs = memoryBlobs();
 * const store = new PluginStore({ blobs, encoder, config });
 * await store.install("moods", pluginFile);
 * (await assetFiles(blobs)).size; // 3: the file, its record, and the index
 */
export async function assetFiles(blobs: Blobs): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const keys = [...(await blobs.list(""))].sort();
  for (const key of keys) files.set(key, (await blobs.get(key)) ?? new Uint8Array());
  return files.set(INDEX, new TextEncoder().encode(JSON.stringify(keys)));
}

async function refuse(): Promise<never> {
  throw new ClozeError(
    "unsupported",
    "These plugins are deployed with the Worker: to change them, deploy it again.",
  );
}
