/** Plugins that are installed while the service runs: where they are kept, and the store over that. */
export type { Blobs } from "./blobs.ts";
export { assetBlobs, assetFiles } from "./blobs/assets.ts";
export type { AssetsFetcher } from "./blobs/assets.ts";
export { kvBlobs } from "./blobs/kv.ts";
export type { KeyValueNamespace } from "./blobs/kv.ts";
export { memoryBlobs } from "./blobs/memory.ts";
export { r2Blobs } from "./blobs/r2.ts";
export type { ObjectBucket } from "./blobs/r2.ts";
export type { Encoder, PluginLimits } from "./check.ts";
export type { InstalledPlugin, InstalledVersion } from "./pointer.ts";
export { PluginStore } from "./store.ts";
export type { DamagedPlugin, PluginStoreOptions } from "./store.ts";
