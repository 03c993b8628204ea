/**
 * The deployable Worker: one model's tokenizer and heads over the edge SDK. Its inference server is named by the
 * variables CLOZE_SERVER_URL and CLOZE_SERVER_MODEL.
 */
import { createApp, readModel } from "@cloze/edge";
import page from "@cloze/edge/page.html";
import { model } from "./model.ts";

// Here and not in a request: building the vocabulary's automaton takes longer than a request may.
const app = createApp({ model: readModel(model), page });

export default { fetch: app.fetch };
