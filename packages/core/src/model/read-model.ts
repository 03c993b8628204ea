/**
 * The small files of a model, as texts, read and checked together: all that is known of a model without its weights.
 * Where the texts come from is left to others: a folder, a bundle, a hub.
 */
import { ClozeError } from "../errors.ts";
import { checkPlugin, heads } from "../heads/index.ts";
import { OWN_HEAD, parsePlugin } from "../plugin.ts";
import type { Plugin } from "../plugin.ts";
import { Tokenizer } from "../tokenizer/index.ts";
import type { TokenizerFiles } from "../tokenizer/index.ts";
import { parseConfig } from "./config.ts";
import type { BertConfig, HeadConfig } from "./config.ts";

/** `config.json`, the tokenizer's files (either `vocab.txt` or `tokenizer.json` is enough), each `plugin.json`. */
export interface ModelTexts extends TokenizerFiles {
  readonly config: string;
  readonly plugins: readonly string[];
}

/** What a tokenizer is read from is called so in a model's folder. */
const tokenizerFileNames: Readonly<Record<keyof TokenizerFiles, string>> = {
  vocabTxt: "vocab.txt",
  tokenizerJson: "tokenizer.json",
  tokenizerConfig: "tokenizer_config.json",
  specialTokensMap: "special_tokens_map.json",
  addedTokens: "added_tokens.json",
};

/**
 * Gathers a tokenizer's files.
 *
 * @param read Gives a file's text by its name in the model's folder, undefined where it is not there.
 * @example
 * const files = await gatherTokenizerFiles(async (name) => (name === "vocab.txt" ? vocabTxt : undefined));
 * Tokenizer.fromFiles(files).vocabulary.size; // 30522
 */
export async function gatherTokenizerFiles(
  read: (name: string) => Promise<string | undefined>,
): Promise<TokenizerFiles> {
  const entries = Object.entries(tokenizerFileNames);
  return Object.fromEntries(
    await Promise.all(entries.map(async ([key, name]) => [key, await read(name)] as const)),
  );
}

/** What is known of a model without its weights. */
export interface ModelDescription {
  readonly config: BertConfig;
  /** The class of `transformers` that the model was saved from. */
  readonly architecture: string;
  /** The head that came inside the model, if it has one, then the plugins. */
  readonly plugins: readonly Plugin[];
  readonly tokenizer: Tokenizer;
}

/**
 * Reads a model's small files. It builds the vocabulary's automaton, which takes some tens of milliseconds.
 *
 * @throws ClozeError `invalid-model`, `invalid-plugin`, `invalid-vocabulary`, `unsupported`, `not-found` without a
 *   vocabulary.
 * @example
 * const { config, plugins, tokenizer } = readModel(texts);
 * plugins.map(({ name }) => name); // ["masked-lm", "next-sentence", "answers", "entities", "sentiment"]
 */
export function readModel({
  config: configText,
  plugins: pluginTexts,
  ...files
}: ModelTexts): ModelDescription {
  const { config, head } = parseConfig(configText);
  const own = ownHeads(head);
  const plugins = [...own, ...pluginTexts.map(parsePlugin)];
  for (const [i, plugin] of plugins.entries()) {
    const taken = plugins.findIndex(({ name }) => name === plugin.name) < i;
    if (taken || (plugin.name === OWN_HEAD && i >= own.length))
      throw new ClozeError(
        "invalid-plugin",
        `The name ${plugin.name} is taken: rename the plugin in its plugin.json.`,
        { field: "name" },
      );
    checkPlugin(plugin);
  }
  const tokenizer = Tokenizer.fromFiles(files);
  if (tokenizer.vocabulary.size > config.vocabularySize)
    throw new ClozeError(
      "invalid-model",
      `The vocabulary has ${tokenizer.vocabulary.size} pieces, but the model has embeddings for ${config.vocabularySize}: ` +
        "they are not of one model.",
    );
  return { config, architecture: head.architecture, plugins, tokenizer };
}

/** The heads that a model of this architecture has inside. */
function ownHeads(config: HeadConfig): Plugin[] {
  const { architecture: title } = config;
  const own = heads.filter(({ architectures }) => architectures.includes(title));
  return own.map((head) => {
    const shape = head.describe(config);
    const name = own.length === 1 ? OWN_HEAD : shape.kind;
    return { name, version: "1.0.0", title, scope: head.scope, examples: [], metrics: {}, ...shape };
  });
}
