/**
 * The model's small files, as texts: what a Worker holds of a model whose weights are elsewhere.
 */
import { parseConfig, parsePlugin, Tokenizer } from "@cloze/core";
import type { BertConfig, Plugin } from "@cloze/core";

export interface EdgeModel {
  readonly tokenizer: Tokenizer;
  readonly config: BertConfig;
  readonly plugins: readonly Plugin[];
}

/** The contents of a model folder's files, and of each `plugin.json`. Either `vocab.txt` or `tokenizer.json` is enough. */
export interface ModelTexts {
  readonly config: string;
  readonly vocabTxt?: string;
  readonly tokenizerJson?: string;
  readonly tokenizerConfig?: string;
  readonly plugins: readonly string[];
}

/**
 * Reads them. Call it outside the handler of requests: building the vocabulary's automaton takes longer than a request
 * may.
 *
 * @throws ClozeError as opening a model folder does.
 */
export function readModel({ config, plugins, ...files }: ModelTexts): EdgeModel {
  return {
    tokenizer: Tokenizer.fromFiles(files),
    config: parseConfig(config).config,
    plugins: plugins.map(parsePlugin),
  };
}
