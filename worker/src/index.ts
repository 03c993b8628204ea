/**
 * The deployable Worker: the starter model's tokenizer and heads over the edge SDK. Its inference server is named by
 * the variables CLOZE_SERVER_URL and CLOZE_SERVER_MODEL.
 */
import { parseConfig, parsePlugin, Tokenizer } from "@cloze/core";
import { createApp } from "@cloze/edge";
import page from "@cloze/edge/page.html";
import config from "@cloze/starter/model/config.json";
import answers from "@cloze/starter/model/plugins/answers/plugin.json";
import entities from "@cloze/starter/model/plugins/entities/plugin.json";
import sentiment from "@cloze/starter/model/plugins/sentiment/plugin.json";
import tokenizerConfig from "@cloze/starter/model/tokenizer_config.json";
import vocabTxt from "@cloze/starter/model/vocab.txt";

// Here and not in a request: building the vocabulary's automaton takes longer than a request may.
const app = createApp({
  model: {
    tokenizer: Tokenizer.fromFiles({ vocabTxt, tokenizerConfig }),
    config: parseConfig(config).config,
    plugins: [sentiment, answers, entities].map(parsePlugin),
  },
  page,
});

export default { fetch: app.fetch };
