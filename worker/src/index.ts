/**
 * The deployable Worker: one model's tokenizer and heads over the edge SDK. Where its inference server is, who may use
 * it, and where plugins are kept is said by its variables, secrets and bindings: `wrangler.jsonc`.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import { createApp, readModel } from "@cloze/edge";
import page from "@cloze/edge/page.html";
import { createService } from "@cloze/edge/service";
import { encoder, model } from "./model.ts";

// Here and not in a request: building the vocabulary's automaton takes longer than a request may.
const app = createApp({ model: { ...readModel(model), ...(encoder && { encoder }) }, page });

/** What other Workers bind to. */
export class Cloze extends createService(WorkerEntrypoint, app) {}

export default { fetch: app.fetch };
