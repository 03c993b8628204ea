/**
 * Reads the tokenizer files of a model folder: which vocabulary and which settings they tell, or the one thing in
 * them that BERT's tokenizer does not do. What was told wins in this order: an explicit key of
 * `tokenizer_config.json`, `tokenizer.json`, the default.
 */
import { ClozeError } from "../errors.ts";
import type { AddedToken } from "./added-tokens.ts";
import { type SpecialPieces, SPECIALS, type TokenizerSettings } from "./settings.ts";
import { PREFIX } from "./trie.ts";
import { Vocabulary } from "./vocabulary.ts";

/** The contents of the files, as far as they are there. */
export interface TokenizerFiles {
  readonly vocabTxt?: string | undefined;
  readonly tokenizerJson?: string | undefined;
  readonly tokenizerConfig?: string | undefined;
  /** `special_tokens_map.json` and `added_tokens.json` of older folders. */
  readonly specialTokensMap?: string | undefined;
  readonly addedTokens?: string | undefined;
}

export interface TokenizerPlan {
  readonly vocabulary: Vocabulary;
  readonly settings: TokenizerSettings;
  readonly origin?: Origin;
}

/** What a tokenizer was read from, kept for whoever writes it again: see `save.ts`. */
export interface Origin {
  /** The parsed `tokenizer.json`, with an empty vocabulary. */
  readonly json: Json;
  /** Whether it was written in many lines. */
  readonly pretty: boolean;
}

/** Kept beside the tokenizers, which do not need it themselves. */
export const origins = new WeakMap<object, Origin>();

export type Json = Readonly<Record<string, unknown>>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** @throws {ClozeError} `not-found`, `unsupported`, `invalid-model` or `invalid-vocabulary`. */
export function readTokenizerFiles(files: TokenizerFiles): TokenizerPlan {
  const { vocabTxt, tokenizerJson } = files;
  let config = parse("tokenizer_config.json", files.tokenizerConfig);
  let added: Json = {};
  if (!isObject(config["added_tokens_decoder"])) {
    config = { ...config, ...parse("special_tokens_map.json", files.specialTokensMap) };
    added = parse("added_tokens.json", files.addedTokens);
  }
  if (tokenizerJson !== undefined) {
    const json = parse("tokenizer.json", tokenizerJson);
    const settings = readSettings(json);
    const model = json["model"] as Json;
    const vocabulary = readVocabulary(model["vocab"]);
    const origin = {
      json: { ...json, model: { ...model, vocab: {} } },
      pretty: tokenizerJson.includes("\n"),
    };
    return { vocabulary, settings: applyConfig(settings, config, added, vocabulary), origin };
  }
  if (vocabTxt === undefined)
    throw new ClozeError("not-found", "The model has neither vocab.txt nor tokenizer.json: add one of them.");
  const splitter = config["word_tokenizer_type"] ?? "basic";
  if (splitter !== "basic")
    throw new ClozeError(
      "unsupported",
      `The model splits words with ${JSON.stringify(splitter)}: only BERT's own way is supported.`,
    );
  const vocabulary = Vocabulary.parse(vocabTxt);
  return { vocabulary, settings: applyConfig({}, config, added, vocabulary) };
}

function parse(file: string, json = "{}"): Json {
  let value: unknown;
  try {
    value = JSON.parse(json.charCodeAt(0) === 0xfeff ? json.slice(1) : json);
  } catch (cause) {
    throw new ClozeError("invalid-model", `${file} is not JSON: take it from the model again.`, { cause });
  }
  if (!isObject(value)) throw damaged(file, "it is not an object");
  return value;
}

/** What a `tokenizer.json` says of everything but the vocabulary. */
export function readSettings(json: Json): TokenizerSettings {
  const model = part(json, "model", ["WordPiece"]);
  const normalizer = part(json, "normalizer", ["BertNormalizer"]);
  part(json, "pre_tokenizer", ["BertPreTokenizer"]);
  const prefix = model["continuing_subword_prefix"] ?? PREFIX;
  if (prefix !== PREFIX)
    throw new ClozeError(
      "unsupported",
      `tokenizer.json continues words with ${JSON.stringify(prefix)}: only ${PREFIX} is supported.`,
    );
  const settings: Writable<TokenizerSettings> = {
    lowercase: flag(normalizer, "lowercase", true),
    cleanText: flag(normalizer, "clean_text", true),
    handleChineseChars: flag(normalizer, "handle_chinese_chars", true),
    stripAccents: normalizer["strip_accents"] == null ? null : flag(normalizer, "strip_accents", true),
    specials: readSpecials(json, model),
  };
  const longest = model["max_input_chars_per_word"];
  if (typeof longest === "number") settings.maxWordLength = longest;
  if (json["decoder"] != null) settings.cleanUp = flag(part(json, "decoder", ["WordPiece"]), "cleanup", true);
  if (Array.isArray(json["added_tokens"]))
    settings.addedTokens = json["added_tokens"].map((token: unknown) =>
      readAddedToken("tokenizer.json", token),
    );
  return settings;
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
  const [cls, , sep] = templateOf(processor["single"]);
  const [single, pair] = [processor["single"], processor["pair"]].map((template) =>
    templateOf(template).join(" "),
  );
  const wanted = `${cls} A:0 ${sep}`;
  if (
    !cls?.endsWith(":0") ||
    !sep?.endsWith(":0") ||
    single !== wanted ||
    (pair !== "" && pair !== `${wanted} B:1 ${pieceOf(sep)}:1`) ||
    !meansItself(processor["special_tokens"], model, [pieceOf(cls), pieceOf(sep)])
  )
    throw new ClozeError(
      "unsupported",
      "The post_processor of tokenizer.json is not [CLS] text [SEP] text [SEP]: only BERT's is supported.",
    );
  return { ...specials, cls: pieceOf(cls), sep: pieceOf(sep) };
}

/** Of `name:segment` the name. */
function pieceOf(item: string | undefined): string {
  return (item ?? "").replace(/:[^:]*$/, "");
}

/** A template's items as `name:segment`: A and B are the texts. */
function templateOf(template: unknown): string[] {
  return (Array.isArray(template) ? template : []).map((item: unknown) => {
    const [[, value] = []] = Object.entries(isObject(item) ? item : {});
    return isObject(value) ? `${String(value["id"])}:${String(value["type_id"])}` : "?";
  });
}

/** Whether each special token of a template is the one piece of its name. */
function meansItself(told: unknown, model: Json, names: readonly string[]): boolean {
  const vocabulary = isObject(model["vocab"]) ? model["vocab"] : {};
  return names.every((name) => {
    const special = isObject(told) ? told[name] : undefined;
    if (!isObject(special)) return true; // not told: then it is the piece of its name
    const { ids } = special;
    return (
      Array.isArray(ids) &&
      ids.length === 1 &&
      (vocabulary[name] === undefined || ids[0] === vocabulary[name])
    );
  });
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

/** What tokenizer_config.json and the files of older folders say on top. */
function applyConfig(
  settings: TokenizerSettings,
  config: Json,
  addedLater: Json,
  vocabulary: Vocabulary,
): TokenizerSettings {
  const applied: Writable<TokenizerSettings> = { ...settings };
  if (config["do_lower_case"] != null) applied.lowercase = flag(config, "do_lower_case", true);
  if (config["tokenize_chinese_chars"] != null)
    applied.handleChineseChars = flag(config, "tokenize_chinese_chars", true);
  if ("strip_accents" in config)
    applied.stripAccents = config["strip_accents"] === null ? null : flag(config, "strip_accents", true);
  if (config["clean_up_tokenization_spaces"] != null)
    applied.cleanUpSpaces = flag(config, "clean_up_tokenization_spaces", false);

  const decoder = config["added_tokens_decoder"];
  const specials: Partial<Writable<SpecialPieces>> = {};
  const named = new Map<string, Json>(); // by content, with what is told of each
  for (const role of Object.keys(SPECIALS) as (keyof SpecialPieces)[]) {
    const [content, told] = readNamed(config[`${role}_token`]);
    if (content !== undefined) specials[role] = content;
    else if (settings.addedTokens === undefined) named.set(SPECIALS[role], {});
    if (content !== undefined) named.set(content, told);
  }
  applied.specials = { ...settings.specials, ...specials };
  const further = ["additional_special_tokens", "extra_special_tokens"].flatMap((key): unknown[] => {
    const told = config[key];
    return isObject(told) && !("content" in told) ? Object.values(told) : [told ?? []].flat();
  });
  const extra = new Map(
    further.map(readNamed).flatMap(([content, told]) => (content ? [[content, told]] : [])),
  );

  const added = new Map<string, AddedToken>();
  for (const [content, id] of Object.entries(addedLater)) {
    const special = named.has(content) || extra.has(content);
    added.set(content, readAddedToken("added_tokens.json", { content, id, special, normalized: !special }));
  }
  for (const token of settings.addedTokens ?? []) added.set(token.content, token);
  for (const [id, token] of Object.entries(isObject(decoder) ? decoder : {})) {
    const read = readAddedToken(
      "tokenizer_config.json",
      isObject(token) ? { ...token, id: Number(id) } : token,
    );
    added.set(read.content, read);
  }
  let next = vocabulary.size;
  for (const { id } of added.values()) next = Math.max(next, id + 1);
  for (const [content, told] of [...named, ...extra]) {
    if (added.has(content)) continue;
    const id = vocabulary.id(content) ?? (extra.has(content) ? next++ : undefined);
    if (id !== undefined)
      added.set(content, readAddedToken("tokenizer_config.json", { ...told, content, id, special: true }));
  }
  applied.addedTokens = [...added.values()];
  return applied;
}

/** The content of a special token, which is a text or an object, and the object. */
function readNamed(value: unknown): [content: string | undefined, told: Json] {
  const told = isObject(value) ? value : { content: value };
  return [typeof told["content"] === "string" ? told["content"] : undefined, told];
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
