/** Plugins as files, for hosts without a file system: a Worker that is sent one, a page that makes one. */
export { sha256 } from "./files/files.ts";
export { openZip, packZip } from "./files/zip.ts";
export type { ZipLimits } from "./files/zip.ts";
export { readPlugin } from "./plugin-folder.ts";
