/**
 * What a tokenizer can be told, what it takes when it is not told, and the checks that both fit the vocabulary.
 */
import { ClozeError } from "../errors.ts";
import type { AddedToken } from "./added-tokens.ts";
import type { NormalizerSettings } from "./normalize.ts";
import type { Trie } from "./trie.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The pieces that play the special parts. */
export interface SpecialPieces {
  readonly unk: string;
  readonly sep: string;
  readonly pad: string;
  readonly cls: string;
  readonly mask: string;
}

/** The ids of the special pieces; a vocabulary need not have a mask. */
export interface SpecialTokens {
  cls: number;
  sep: number;
  pad: number;
  unk: number;
  mask: number | undefined;
}

/** Reads a stretch of text that has no added tokens, as `WordPiece.run` does. */
export interface Reader {
  run(
    text: string,
    start: number,
    end: number,
    ids: Int32Array,
    offsets: Int32Array | undefined,
    at: number,
  ): number;
}

/** Another implementation's way of reading: `python` of `@cloze/core/tokenizer/python`. */
export interface Compat {
  readonly name: string;
  /** What it takes for `maxWordLength` when that is not told. */
  readonly maxWordLength: number;
  reader(trie: Trie, unknown: number, settings: ResolvedSettings): Reader;
}

/** How text is read, by the names of `tokenizer_config.json` in the style of JavaScript. */
export interface TokenizerSettings {
  /** Default: true. */
  readonly lowercase?: boolean;
  /** Default: null, which follows `lowercase`. */
  readonly stripAccents?: boolean | null;
  /** Makes each Chinese character a word. Default: true. */
  readonly handleChineseChars?: boolean;
  /** Removes control characters. Default: true. */
  readonly cleanText?: boolean;
  /** Words of more characters, after normalisation, are unknown. Default: 100. */
  readonly maxWordLength?: number;
  /** Default: `[UNK]`, `[SEP]`, `[PAD]`, `[CLS]`, `[MASK]`. */
  readonly specials?: Partial<SpecialPieces>;
  /** Default: the special pieces that are in the vocabulary; none with `compat`. */
  readonly addedTokens?: readonly AddedToken[];
  /** What `decode` does when it is not told: see `DecodeOptions`. Defaults: true and false. */
  readonly cleanUp?: boolean;
  readonly cleanUpSpaces?: boolean;
  /**
   * Reads text as another implementation does. Default: as Hugging Face's Rust tokenizers.
   *
   * @example
   * import { python } from "@cloze/core/tokenizer/python";
   * new Tokenizer(vocabulary, { compat: python }); // google-research/bert's tokenization.py
   */
  readonly compat?: Compat | undefined;
}

/** A tokenizer's settings with all defaults filled in. */
export interface ResolvedSettings extends NormalizerSettings {
  readonly maxWordLength: number;
  readonly specials: SpecialPieces;
  readonly addedTokens: readonly Required<AddedToken>[];
  readonly cleanUp: boolean;
  readonly cleanUpSpaces: boolean;
  readonly compat: Compat | undefined;
}

export const SPECIALS: SpecialPieces = {
  unk: "[UNK]",
  sep: "[SEP]",
  pad: "[PAD]",
  cls: "[CLS]",
  mask: "[MASK]",
};

/** Keeps the buffer for one word within bounds. */
const LONGEST = 100_000;

/** Fills in what was not told. */
export function resolveSettings(settings: TokenizerSettings, vocabulary: Vocabulary): ResolvedSettings {
  const { lowercase = true, stripAccents = null, handleChineseChars = true, cleanText = true } = settings;
  const { cleanUp = true, cleanUpSpaces = false, compat } = settings;
  const { maxWordLength = compat?.maxWordLength ?? 100 } = settings;
  if (typeof compat === "string")
    throw new ClozeError(
      "invalid-option",
      `compat is a text: give what @cloze/core/tokenizer/python exports as python.`,
      { field: "compat" },
    );
  if (!Number.isInteger(maxWordLength) || maxWordLength < 1 || maxWordLength > LONGEST)
    throw new ClozeError(
      "invalid-option",
      `maxWordLength is ${maxWordLength}: give a whole number from 1 to ${LONGEST}.`,
      { field: "maxWordLength" },
    );
  const specials = { ...SPECIALS, ...settings.specials };
  const addedTokens = (settings.addedTokens ?? (compat ? [] : specialsOf(specials, vocabulary))).map(
    resolveAddedToken,
  );
  return {
    lowercase,
    stripAccents: stripAccents ?? lowercase,
    handleChineseChars,
    cleanText,
    maxWordLength,
    specials,
    addedTokens,
    cleanUp,
    cleanUpSpaces,
    compat,
  };
}

function specialsOf(specials: SpecialPieces, vocabulary: Vocabulary): AddedToken[] {
  return [...new Set(Object.values(specials))].flatMap((content) => {
    const id = vocabulary.id(content);
    return id === undefined ? [] : [{ content, id, special: true }];
  });
}

function resolveAddedToken(token: AddedToken): Required<AddedToken> {
  const { content, id, special = false, singleWord = false, lstrip = false, rstrip = false } = token;
  if (content === "")
    throw new ClozeError("invalid-option", "An added token is empty: give its content.", {
      field: "addedTokens",
    });
  return { content, id, special, singleWord, lstrip, rstrip, normalized: token.normalized ?? !special };
}

/**
 * The vocabulary with the added tokens that it lacks, which must follow it id by id.
 *
 * @throws {ClozeError} `invalid-model` for an id that is another piece's or leaves a gap.
 */
export function extendVocabulary(vocabulary: Vocabulary, added: readonly Required<AddedToken>[]): Vocabulary {
  const beyond: Required<AddedToken>[] = [];
  for (const token of added) {
    const id = vocabulary.id(token.content);
    if (id === undefined) beyond.push(token);
    else if (id !== token.id)
      throw new ClozeError(
        "invalid-model",
        `The added token "${token.content}" has id ${token.id}, but ${id} in the vocabulary.`,
      );
  }
  if (beyond.length === 0) return vocabulary;
  beyond.sort((one, other) => one.id - other.id);
  for (const [nth, { content, id }] of beyond.entries()) {
    const expected = vocabulary.size + nth;
    if (id !== expected)
      throw new ClozeError(
        "invalid-model",
        `The added token "${content}" has id ${id} where ${expected} comes next.`,
      );
  }
  return vocabulary.with(beyond.map(({ content }) => content));
}

/**
 * @throws {ClozeError} `invalid-vocabulary` if a special piece other than the mask is missing.
 */
export function findSpecials(specials: SpecialPieces, vocabulary: Vocabulary): SpecialTokens {
  const idOf = (piece: string): number => {
    const id = vocabulary.id(piece);
    if (id !== undefined) return id;
    throw new ClozeError(
      "invalid-vocabulary",
      `The vocabulary has no ${piece}: add it, or name the piece that plays its part.`,
    );
  };
  return {
    cls: idOf(specials.cls),
    sep: idOf(specials.sep),
    pad: idOf(specials.pad),
    unk: idOf(specials.unk),
    mask: vocabulary.id(specials.mask),
  };
}

/** Signs that the vocabulary was made under other settings. */
export function findWarnings(settings: ResolvedSettings, pieces: readonly string[]): string[] {
  const capitals =
    pieces.filter((piece) => !piece.startsWith("[") && /[A-Z]/.test(piece)).length / pieces.length;
  if (settings.lowercase && capitals > 0.02)
    return [
      `The vocabulary looks cased (${Math.round(100 * capitals)} % of its pieces have capitals), but text is lower-cased: set lowercase to false.`,
    ];
  if (!settings.lowercase && capitals === 0 && pieces.length > 1000)
    return [
      "The vocabulary has no capitals, but text keeps its case: set lowercase to true, or words with capitals are unknown.",
    ];
  return [];
}

/** Settings with changes that count before them, special piece by special piece. */
export function mergeSettings(settings: TokenizerSettings, changes: TokenizerSettings): TokenizerSettings {
  const { compat } = changes;
  const left = compat && { addedTokens: [], maxWordLength: compat.maxWordLength };
  return { ...settings, ...left, ...changes, specials: { ...settings.specials, ...changes.specials } };
}
