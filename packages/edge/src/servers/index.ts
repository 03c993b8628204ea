/** Several inference servers behind one Worker. */
export { parseServers } from "./parse.ts";
export type { ServerState } from "./pool-options.ts";
export { ServerPool } from "./pool.ts";
