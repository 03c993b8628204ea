/**
 * Reads the tokenizer files of a model folder: which vocabulary and which settings they tell, or the one thing in
 * them that BERT's tokenizer does not do. What was told wins in this order: an explicit key of
 * `tokenizer_config.json`, `tokenizer.json`, the default.
 */
import { ClozeError } from "../errors.ts";
import type { AddedToken } from "./added-tokens.ts";
import type { SpecialPieces, TokenizerSettings } from "./settings.ts";
import { PREFIX } from "./trie.ts";
import { Vocabulary } from "./vocabulary.ts";

/** The contents of the files, as far as they are there. */
export interface TokenizerFiles {
  readonly vocabTxt?: string;
  readonly tokenizerJson?: string;
  readonly tokenizerConfig?: string;
}

export interface TokenizerPlan {
  readonly vocabulary: Vocabulary;
  readonly settings: TokenizerSettings;
}

type Json = Readonly<Record<string, unknown>>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** @throws {ClozeError} `not-found`, `unsupported`, `invalid-model` or `invalid-vocabulary`. */
export function readTokenizerFiles({
  vocabTxt,
  tokenizerJson,
  tokenizerConfig,
}: TokenizerFiles): TokenizerPlan {
  const config = tokenizerConfig === undefined ? {} : parse("tokenizer_config.json", tokenizerConfig);
  if (tokenizerJson !== undefined) {
    const { vocabulary, settings } = readTokenizerJson(parse("tokenizer.json", tokenizerJson));
    return { vocabulary, settings: applyConfig(settings, config, vocabulary) };
  }
  if (vocabTxt === undefined)
    throw new ClozeError("not-found", "The model has neither vocab.txt nor tokenizer.json: add one of them.");
  const splitter = config["word_tokenizer_type"] ?? "basic";
  if (splitter !== "basic")
    throw new ClozeError(
      "unsupported",
      `The model splits words with ${String(splitter)}: only BERT's own way is supported.`,
    );
  const vocabulary = Vocabulary.parse(vocabTxt);
  return { vocabulary, settings: applyConfig({}, config, vocabulary) };
}

function parse(file: string, json: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(json.charCodeAt(0) === 0xfeff ? json.slice(1) : json);
  } catch (cause) {
    throw new ClozeError("invalid-model", `${file} is not JSON: take it from the model again.`, { cause });
  }
  if (!isObject(value)) throw damaged(file, "it is not an object");
  return value;
}

function readTokenizerJson(json: Json): TokenizerPlan {
  const model = part(json, "model", ["WordPiece"]);
  const normalizer = part(json, "normalizer", ["BertNormalizer"]);
  part(json, "pre_tokenizer", ["BertPreTokenizer"]);
  if (json["decoder"] != null) part(json, "decoder", ["WordPiece"]);
  const prefix = model["continuing_subword_prefix"] ?? PREFIX;
  if (prefix !== PREFIX)
    throw new ClozeError(
      "unsupported",
      `tokenizer.json continues words with "${String(prefix)}": only ${PREFIX} is supported.`,
    );
  const vocabulary = readVocabulary(model["vocab"]);
  const settings: Writable<TokenizerSettings> = {
    lowercase: flag(normalizer, "lowercase", true),
    cleanText: flag(normalizer, "clean_text", true),
    handleChineseChars: flag(normalizer, "handle_chinese_chars", true),
    stripAccents: normalizer["strip_accents"] == null ? null : flag(normalizer, "strip_accents", true),
    specials: readSpecials(json, model),
  };
  const longest = model["max_input_chars_per_word"];
  if (typeof longest === "number") settings.maxWordLength = longest;
  if (Array.isArray(json["added_tokens"]))
    settings.addedTokens = json["added_tokens"].map((token: unknown) =>
      readAddedToken("tokenizer.json", token),
    );
  return { vocabulary, settings };
}

/** A part of tokenizer.json, which must be of one of the types given. */
function part(json: Json, name: string, types: readonly string[]): Json {
  const value = json[name];
  const type = isObject(value) ? value["type"] : undefined;
  if (isObject(value) && typeof type === "string" && types.includes(type)) return value;
  // Files from before the model named its type have none.
  if (
    isObject(value) &&
    type === undefined &&
    name === "model" &&
    isObject(value["vocab"]) &&
    !("merges" in value)
  )
    return value;
  throw new ClozeError(
    "unsupported",
    `The ${name} of tokenizer.json is ${typeof type === "string" ? type : "missing"}: only ${types.join(" or ")} is supported.`,
  );
}

function readVocabulary(vocab: unknown): Vocabulary {
  if (!isObject(vocab)) throw damaged("tokenizer.json", "its model has no vocab");
  const entries = Object.entries(vocab);
  const pieces = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [piece, id] of entries) {
    if (typeof id !== "number" || !(id in pieces) || pieces[id] !== undefined)
      throw damaged(
        "tokenizer.json",
        `the id of "${piece}" is ${String(id)}, taken or outside 0 to ${pieces.length - 1}`,
      );
    pieces[id] = piece;
  }
  return Vocabulary.of(pieces as string[]);
}

/** The names of the special pieces, as far as the model and the post-processor tell them. */
function readSpecials(json: Json, model: Json): Partial<SpecialPieces> {
  const specials: Partial<Writable<SpecialPieces>> = {};
  const unk = model["unk_token"];
  if (typeof unk === "string") specials.unk = unk;
  if (isObject(json["padding"]) && typeof json["padding"]["pad_token"] === "string")
    specials.pad = json["padding"]["pad_token"];
  if (json["post_processor"] == null) return specials;
  const processor = part(json, "post_processor", ["TemplateProcessing", "BertProcessing"]);
  if (processor["type"] === "BertProcessing") {
    const [cls, sep] = [processor["cls"], processor["sep"]].map((pair) =>
      Array.isArray(pair) ? pair[0] : undefined,
    );
    if (typeof cls !== "string" || typeof sep !== "string")
      throw damaged("tokenizer.json", "its BertProcessing is not whole");
    return { ...specials, cls, sep };
  }
  const template = Array.isArray(processor["single"]) ? processor["single"] : [];
  const [cls, sequence, sep] = template.map((item: unknown) => {
    const special = isObject(item) ? item["SpecialToken"] : undefined;
    return isObject(special) ? special["id"] : undefined;
  });
  if (template.length !== 3 || typeof cls !== "string" || sequence !== undefined || typeof sep !== "string")
    throw new ClozeError(
      "unsupported",
      "The post_processor of tokenizer.json is not [CLS] text [SEP]: only BERT's is supported.",
    );
  return { ...specials, cls, sep };
}

function readAddedToken(file: string, token: unknown): AddedToken {
  if (!isObject(token) || typeof token["content"] !== "string" || typeof token["id"] !== "number")
    throw damaged(file, "an added token has no content or no id");
  return {
    content: token["content"],
    id: token["id"],
    special: flag(token, "special", false),
    singleWord: flag(token, "single_word", false),
    lstrip: flag(token, "lstrip", false),
    rstrip: flag(token, "rstrip", false),
    normalized: flag(token, "normalized", false),
  };
}

const CONFIG_SPECIALS = {
  unk: "unk_token",
  sep: "sep_token",
  pad: "pad_token",
  cls: "cls_token",
  mask: "mask_token",
} as const;

/** What tokenizer_config.json says on top. */
function applyConfig(settings: TokenizerSettings, config: Json, vocabulary: Vocabulary): TokenizerSettings {
  const applied: Writable<TokenizerSettings> = { ...settings };
  if (config["do_lower_case"] != null) applied.lowercase = flag(config, "do_lower_case", true);
  if (config["tokenize_chinese_chars"] != null)
    applied.handleChineseChars = flag(config, "tokenize_chinese_chars", true);
  if ("strip_accents" in config)
    applied.stripAccents = config["strip_accents"] === null ? null : flag(config, "strip_accents", true);
  const specials: Partial<Writable<SpecialPieces>> = {};
  for (const [role, key] of Object.entries(CONFIG_SPECIALS) as [keyof SpecialPieces, string][]) {
    const value = config[key];
    const content = isObject(value) ? value["content"] : value;
    if (typeof content === "string") specials[role] = content;
  }
  applied.specials = { ...settings.specials, ...specials };
  const added = new Map((settings.addedTokens ?? []).map((token) => [token.content, token]));
  const decoder = config["added_tokens_decoder"];
  for (const [id, token] of Object.entries(isObject(decoder) ? decoder : {})) {
    const read = readAddedToken(
      "tokenizer_config.json",
      isObject(token) ? { ...token, id: Number(id) } : token,
    );
    added.set(read.content, read);
  }
  if (settings.addedTokens === undefined && !isObject(decoder)) return applied;
  for (const content of Object.values(specials)) {
    const id = vocabulary.id(content);
    if (id !== undefined && !added.has(content)) added.set(content, { content, id, special: true });
  }
  applied.addedTokens = [...added.values()];
  return applied;
}

function flag(json: Json, key: string, fallback: boolean): boolean {
  const value = json[key] ?? fallback;
  if (typeof value === "boolean") return value;
  throw new ClozeError(
    "invalid-model",
    `The tokenizer's ${key} is ${JSON.stringify(value)}: it must be true or false.`,
  );
}

function damaged(file: string, what: string): ClozeError {
  return new ClozeError("invalid-model", `${file} is damaged: ${what}.`);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
