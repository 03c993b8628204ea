/**
 * What the encoder reads of one example: `[CLS] a [SEP]` or `[CLS] a [SEP] b [SEP]` (Devlin et al., 2018, 3).
 *
 * Everything that a later stage needs is carried, never looked for again: segments, and for every token where it
 * stood in the caller's text. What is cut and why is left to `truncation.ts` and `windows.ts`.
 */
import type { SpecialTokens, Tokens } from "../tokenizer/index.ts";

/** One example, ready to be collated. All arrays speak of the same tokens, in order. */
export interface Encoding {
  readonly ids: Int32Array;
  /** 0 for `[CLS] a [SEP]`, 1 for `b [SEP]`. */
  readonly segments: Int32Array;
  /**
   * [start, end) of each token in UTF-16 units of the text that it came from, two numbers a token; a special
   * token's are 0, 0. `segments` tells which text: a for 0, b for 1.
   */
  readonly offsets: Int32Array;
  /** Whether tokens were left out to fit. */
  readonly truncated: boolean;
  /** What it was joined from, one run of tokens a text; what was cut off lies round the run. */
  readonly sources: readonly Slice[];
  /** The places whose words are asked for, in `ids`. */
  readonly masks?: readonly number[];
}

/** A run of tokens: `count` of them from `first` on. */
export interface Slice {
  readonly tokens: Tokens;
  readonly first: number;
  readonly count: number;
}

/** How many special tokens stand around one text, and around two. */
export const SPECIALS_SINGLE = 2;
export const SPECIALS_PAIR = 3;

/**
 * The whole of a text's tokens as a slice.
 *
 * @example
 * whole(tokenizer.tokenize("a warm film")).count; // 3
 */
export function whole(tokens: Tokens): Slice {
  return { tokens, first: 0, count: tokens.ids.length };
}

/**
 * Joins one or two runs of tokens into an encoding.
 *
 * @param specials `undefined` for no special tokens at all.
 * @example
 * join(tokenizer.specials, whole(tokenizer.tokenize("a warm film")));
 */
export function join(specials: SpecialTokens | undefined, a: Slice, b?: Slice, truncated = false): Encoding {
  const sources = b ? [a, b] : [a];
  const around = specials ? sources.length + 1 : 0;
  const length = a.count + (b?.count ?? 0) + around;
  const ids = new Int32Array(length);
  const segments = new Int32Array(length);
  const offsets = new Int32Array(2 * length);
  let at = 0;
  if (specials) ids[at++] = specials.cls;
  for (const { tokens, first, count } of sources) {
    ids.set(tokens.ids.subarray(first, first + count), at);
    offsets.set(tokens.offsets.subarray(2 * first, 2 * (first + count)), 2 * at);
    at += count;
    if (specials) ids[at++] = specials.sep;
    if (at < length) segments.fill(1, at);
  }
  return { ids, segments, offsets, truncated, sources };
}

/** Where the tokens of a text begin in an encoding: `sequence` is 0 for a, 1 for b. */
export function startOf({ ids, sources: [a, b] }: Encoding, sequence: number): number {
  const specials = ids.length > a.count + (b?.count ?? 0) ? 1 : 0;
  return sequence === 0 ? specials : a.count + 2 * specials;
}

/**
 * The token that a character became part of: Hugging Face's `char_to_token`.
 *
 * @param offset In UTF-16 units of the text.
 * @param sequence Which text: 0 for a, 1 for b.
 * @returns A position in `encoding.ids`, the first where several tokens come from the character; `undefined` for
 * white space, for what normalisation removed, for what was cut off and for a text that is not there.
 * @example
 * charToToken(tokenizer.encode("a warm film"), 3); // 2
 */
export function charToToken(encoding: Encoding, offset: number, sequence = 0): number | undefined {
  const { offsets, sources } = encoding;
  const from = startOf(encoding, sequence);
  const end = from + (sources[sequence]?.count ?? 0);
  for (let at = from; at < end; at++)
    if (offsets[2 * at] <= offset && offset < offsets[2 * at + 1]) return at;
  return undefined;
}
