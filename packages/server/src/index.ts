/** The inference server: one model over the Open Inference Protocol, with dynamic batching. */
export { startServer } from "./start.ts";
export type { RunningServer, ServerOptions } from "./start.ts";
