/** Models from the hub, through the cache that Python's huggingface_hub and Cloze share. */
export { listCache, removeCached } from "./cache.ts";
export type { CachedModel } from "./cache.ts";
export { fetchModel } from "./fetch-model.ts";
export type { FetchOptions, FetchProgress } from "./fetch-model.ts";
export { followLinks } from "./links.ts";
export { filesOfDtype } from "./listing.ts";
export { cacheFolder } from "./settings.ts";
export type { HubOptions } from "./settings.ts";
