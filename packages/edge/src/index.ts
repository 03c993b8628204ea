/** The serverless SDK: BERT's tasks over HTTP, to be mounted in a Worker of one's own. */
export { createApp } from "./app.ts";
export type { EdgeLimits, EdgeOptions } from "./app.ts";
export type { EdgeEnv } from "./env.ts";
export { readModel } from "./model.ts";
export type { EdgeModel, ModelTexts } from "./model.ts";
