/**
 * A WordPiece vocabulary from counted words: special tokens, the alphabet, and then piece by piece what merging the
 * best pair of neighbours gives, until the vocabulary is full. Which pair is the best is left to `merges.ts`.
 */
import { ClozeError } from "@cloze/core";
import { Vocabulary } from "@cloze/core/tokenizer";
import { checkWhole } from "../numbers.ts";
import { spellWords } from "./alphabet.ts";
import { Merges, type PairScore } from "./merges.ts";
import type { WordCounts } from "./word-table.ts";

export type { PairScore };

/** What kind of vocabulary is learnt. */
export interface VocabularyOptions {
  /** Pieces in all, special tokens and unused slots among them. Default: 30522, as BERT's. */
  readonly size?: number | undefined;
  /** A pair must occur as often to become a piece. Default: 2. */
  readonly minFrequency?: number | undefined;
  /** What makes a pair the best: how often it occurs, or how much more often than its parts. Default: `frequency`. */
  readonly score?: PairScore | undefined;
  /** Characters in the alphabet at most, the most frequent ones. Default: 1000. */
  readonly limitAlphabet?: number | undefined;
  /** Pieces that come first. Default: `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]`. */
  readonly specials?: readonly string[] | undefined;
  /** Slots `[unused0]`, `[unused1]`, … for pieces to come; BERT's vocabulary has 994. Default: 0. */
  readonly unused?: number | undefined;
  /** Told now and then how many pieces there are. */
  readonly onProgress?: ((pieces: number) => void) | undefined;
}

const BERT_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
/** In BERT's vocabularies these many unused slots come before [UNK], which is 100 then; the rest after [MASK]. */
const UNUSED_FIRST = 99;
const CONTINUES = "##";
const TELL_EVERY = 256;

/**
 * Fills in what was not told.
 *
 * @throws {ClozeError} `invalid-option` for numbers out of range and for special tokens that are empty, hold a line
 * break or are there twice.
 * @example
 * resolveVocabularyOptions({ size: 8000 }).minFrequency; // 2
 */
export function resolveVocabularyOptions(options: VocabularyOptions = {}) {
  const { size = 30522, minFrequency = 2, score = "frequency", limitAlphabet = 1000, unused = 0 } = options;
  checkWhole("size", size, 1);
  checkWhole("minFrequency", minFrequency, 1);
  checkWhole("limitAlphabet", limitAlphabet, 1);
  checkWhole("unused", unused, 0);
  if (unused >= size)
    throw refuse("unused", `unused is ${unused}: a vocabulary of ${size} pieces has no room for it.`);
  const first = layOutSpecials(options.specials ?? BERT_SPECIALS, unused);
  return { size, minFrequency, score, limitAlphabet, first, onProgress: options.onProgress };
}

/** In BERT's order: the first special token, unused slots, the other special tokens, more unused slots. */
function layOutSpecials(specials: readonly string[], unused: number): string[] {
  const slots = Array.from({ length: unused }, (_, nth) => `[unused${nth}]`);
  const first = [
    ...specials.slice(0, 1),
    ...slots.slice(0, UNUSED_FIRST),
    ...specials.slice(1),
    ...slots.slice(UNUSED_FIRST),
  ];
  const bad = first.find((piece) => piece === "" || /[\r\n]/.test(piece));
  if (bad !== undefined)
    throw refuse("specials", `The special token "${bad}" cannot be a line of a vocabulary: give another.`);
  if (new Set(first).size < first.length) {
    const twice = first.find((piece, nth) => first.indexOf(piece) < nth);
    throw refuse("specials", `The special token "${twice}" is there twice: give it once.`);
  }
  return first;
}

function refuse(field: string, message: string): ClozeError {
  return new ClozeError("invalid-option", message, { field });
}

/**
 * Learns a vocabulary. The same words and counts give the same vocabulary, in whatever order they come. It has fewer
 * pieces than asked for if no pair is left that occurs `minFrequency` times.
 *
 * Words with a character outside the alphabet are unknown to any tokenizer with this vocabulary, and teach nothing.
 *
 * @throws {ClozeError} `invalid-option` as `resolveVocabularyOptions`, and for a size that is less than special tokens
 * and alphabet take; `invalid-input` for no words at all.
 * @example
 * const words = new Map([["hug", 10], ["pug", 5], ["pun", 12], ["bun", 4], ["hugs", 5]]);
 * trainVocabulary(words, { size: 18 }).pieces.slice(5);
 * // ["b", "g", "h", "n", "p", "s", "u", "##g", "##n", "##s", "##u", "##ug", "##un"]
 */
export function trainVocabulary(words: WordCounts, options: VocabularyOptions = {}): Vocabulary {
  const { size, minFrequency, score, limitAlphabet, first, onProgress } = resolveVocabularyOptions(options);
  const pieces = [...first];
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  const idOf = (piece: string): number => {
    let id = ids.get(piece);
    if (id === undefined) {
      id = pieces.push(piece) - 1;
      ids.set(piece, id);
    }
    return id;
  };
  const spelled = spellWords(words, limitAlphabet, idOf);
  if (pieces.length > size)
    throw refuse(
      "size",
      `A vocabulary of ${size} pieces is too small: special tokens and the alphabet take ${pieces.length}, so give at least that size, or a smaller alphabet.`,
    );
  const most = pieces.length + spelled.symbols.length; // each merge leaves fewer symbols
  const merges = new Merges(spelled, Math.min(size, most), score, minFrequency);
  for (let told = 0; pieces.length < size;) {
    const pair = merges.best();
    if (pair === undefined) break;
    const piece = pieces[pair.left] + pieces[pair.right].slice(CONTINUES.length);
    merges.merge(idOf(piece));
    if (pieces.length >= told + TELL_EVERY) onProgress?.((told = pieces.length));
  }
  return Vocabulary.of(pieces);
}
