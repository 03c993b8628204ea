/**
 * Writes a tokenizer as the files that Hugging Face's tools read: `vocab.txt` and `tokenizer.json`. What was read from
 * a `tokenizer.json` is written as it was read, byte for byte, with what its settings do not model (truncation,
 * padding, a decoder's details); what was changed since is written anew.
 */
import { ClozeError } from "../errors.ts";
import { type Json, origins, readSettings } from "./files.ts";
import { type ResolvedSettings, resolveSettings } from "./settings.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { PREFIX } from "./trie.ts";

/**
 * The vocabulary, one piece a line. Added tokens that the vocabulary lacked are not in it: `toTokenizerJson` has them.
 *
 * @throws {ClozeError} `unsupported` for a piece with a line's end, which no `vocab.txt` can hold.
 * @example
 * toVocabTxt(new Tokenizer(Vocabulary.parse(vocabTxt))) === vocabTxt; // true
 */
export function toVocabTxt({ vocabulary, baseSize }: Tokenizer): string {
  const pieces = vocabulary.pieces.slice(0, baseSize);
  const broken = pieces.find((piece) => /[\r\n]/.test(piece));
  if (broken !== undefined)
    throw new ClozeError(
      "unsupported",
      `The piece ${JSON.stringify(broken)} has a line's end: save a tokenizer.json instead.`,
    );
  return `${pieces.join("\n")}\n`;
}

/** Stands for the vocabulary, whose order by id an object would lose: digits come first in JavaScript's. */
const VOCABULARY = "\0vocabulary";

/**
 * The whole tokenizer, as `save` of Hugging Face's `tokenizers` and transformers' `save_pretrained` write it.
 *
 * @param pretty In many lines. Default: as it was read, or true.
 * @throws {ClozeError} `unsupported` for a tokenizer with `compat`, which the format cannot tell.
 * @example
 * const json = toTokenizerJson(tokenizer);
 * Tokenizer.fromTokenizerJson(json).vocabulary.size === tokenizer.vocabulary.size; // true
 */
export function toTokenizerJson(
  tokenizer: Tokenizer,
  { pretty }: { readonly pretty?: boolean } = {},
): string {
  const { settings, vocabulary, baseSize } = tokenizer;
  if (settings.compat)
    throw new ClozeError(
      "unsupported",
      `A tokenizer.json cannot say that text is read as ${settings.compat.name} does: save a vocab.txt.`,
    );
  const origin = origins.get(tokenizer);
  const spaced = pretty ?? origin?.pretty ?? true;
  const fresh = describe(tokenizer);
  const json = origin ? update(origin.json, fresh, settings, tokenizer) : fresh;
  const model = { ...(json["model"] as Json), vocab: VOCABULARY };
  const [gap, colon, indent] = spaced ? ["\n", ": ", "  "] : ["", ":", ""];
  const pieces = vocabulary.pieces
    .slice(0, baseSize)
    .map((piece, id) => `${indent.repeat(3)}${JSON.stringify(piece)}${colon}${id}`);
  const text = JSON.stringify({ ...json, model }, undefined, indent);
  const [before, after] = text.split(JSON.stringify(VOCABULARY));
  return `${before}{${gap}${pieces.join(`,${gap}`)}${gap}${indent.repeat(2)}}${after}`;
}

/** What was read, with the parts that do not say what the settings are now put in anew. */
function update(read: Json, fresh: Json, settings: ResolvedSettings, { vocabulary }: Tokenizer): Json {
  const told = resolveSettings(readSettings(read), vocabulary);
  const same = (...keys: (keyof ResolvedSettings)[]): boolean =>
    keys.every((key) => JSON.stringify(told[key]) === JSON.stringify(settings[key]));
  const model = read["model"] as Json;
  const freshModel = fresh["model"] as Json;
  return {
    ...read,
    ...(!same("addedTokens") && { added_tokens: fresh["added_tokens"] }),
    ...(!same("lowercase", "stripAccents", "handleChineseChars", "cleanText") && {
      normalizer: fresh["normalizer"],
    }),
    ...((told.specials.cls !== settings.specials.cls || told.specials.sep !== settings.specials.sep) && {
      post_processor: fresh["post_processor"],
    }),
    ...(!same("cleanUp") && { decoder: fresh["decoder"] }),
    model: {
      ...model,
      ...(told.specials.unk !== settings.specials.unk && { unk_token: freshModel["unk_token"] }),
      ...(!same("maxWordLength") && {
        max_input_chars_per_word: freshModel["max_input_chars_per_word"],
      }),
    },
  };
}

const special = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });

/** As transformers' BertTokenizer is written. */
function describe({ settings, specials }: Tokenizer): Json {
  const { cls, sep, unk } = settings.specials;
  const single = [special(cls, 0), sequence("A", 0), special(sep, 0)];
  const ofIds = [
    [cls, specials.cls],
    [sep, specials.sep],
  ] as const;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: settings.addedTokens
      .toSorted((one, other) => one.id - other.id)
      .map(({ id, content, singleWord, lstrip, rstrip, normalized, special: isSpecial }) => ({
        id,
        content,
        single_word: singleWord,
        lstrip,
        rstrip,
        normalized,
        special: isSpecial,
      })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: settings.cleanText,
      handle_chinese_chars: settings.handleChineseChars,
      strip_accents: settings.stripAccents === settings.lowercase ? null : settings.stripAccents,
      lowercase: settings.lowercase,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single,
      pair: [...single, sequence("B", 1), special(sep, 1)],
      special_tokens: Object.fromEntries(
        ofIds
          .toSorted(([one], [other]) => (one < other ? -1 : 1))
          .map(([id, at]) => [id, { id, ids: [at], tokens: [id] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: PREFIX, cleanup: settings.cleanUp },
    model: {
      type: "WordPiece",
      unk_token: unk,
      continuing_subword_prefix: PREFIX,
      max_input_chars_per_word: settings.maxWordLength,
      vocab: {},
    },
  };
}
