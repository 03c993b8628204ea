/** The serverless SDK: BERT's tasks over HTTP, to be mounted in a Worker of one's own. */
export { definePlugin, readModel } from "@cloze/core";
export type { CodePlugin, CodePluginInput, ModelTexts } from "@cloze/core";
export { createApp } from "./app.ts";
export type { EdgeLimits, EdgeModel, EdgeOptions } from "./options.ts";
export type { EdgeBindings, EdgeEnv } from "./env.ts";
export * from "./plugins/index.ts";
