/** The serverless SDK: BERT's tasks over HTTP, to be mounted in a Worker of one's own. */
export { readModel } from "@cloze/core";
export type { ModelTexts } from "@cloze/core";
export { createApp } from "./app.ts";
export type { EdgeLimits, EdgeModel, EdgeOptions } from "./app.ts";
export type { EdgeEnv } from "./env.ts";
