/**
 * The model that the Worker serves: the starter's small files, and the hash of its weights, by which plugins know it. It
 * is a module of its own beside the Worker, so that another model takes its place without a new bundle (`cloze serve
 * --model FOLDER` does that).
 */
import type { EdgeModel, ModelTexts } from "@cloze/edge";
import config from "@cloze/starter/model/config.json";
import answers from "@cloze/starter/model/plugins/answers/plugin.json";
import entities from "@cloze/starter/model/plugins/entities/plugin.json";
import sentiment from "@cloze/starter/model/plugins/sentiment/plugin.json";
import tokenizerConfig from "@cloze/starter/model/tokenizer_config.json";
import vocabTxt from "@cloze/starter/model/vocab.txt";

export const model: ModelTexts = {
  config,
  vocabTxt,
  tokenizerConfig,
  plugins: [sentiment, answers, entities],
};

/** As its own plugins name it, which were trained with it. */
export const encoder: EdgeModel["encoder"] = (JSON.parse(sentiment) as Required<Pick<EdgeModel, "encoder">>)
  .encoder;
