/** The inference server: models over the Open Inference Protocol, with dynamic batching. */
export { startServer } from "./start.ts";
export type { RepositorySource, RunningServer, ServerOptions } from "./start.ts";
export type { Tls } from "./listen.ts";
export type { LoadedModel } from "./served-model.ts";
export type { LogLevel } from "./log.ts";
