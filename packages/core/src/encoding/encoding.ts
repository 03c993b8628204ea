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

/** The whole of a text's tokens as a slice. */
export function whole(tokens: Tokens): Slice {
  return { tokens, first: 0, count: tokens.ids.length };
}

/**
 * Joins one or two runs of tokens into an encoding.
 *
 * @example
 * join(tokenizer.specials, whole(tokenizer.tokenize("a warm film")));
 */
export function join(specials: SpecialTokens, a: Slice, b?: Slice, truncated = false): Encoding {
  const length = b ? a.count + b.count + SPECIALS_PAIR : a.count + SPECIALS_SINGLE;
  const ids = new Int32Array(length);
  const segments = new Int32Array(length);
  const offsets = new Int32Array(2 * length);
  let at = 0;
  const place = ({ tokens, first, count }: Slice): void => {
    ids.set(tokens.ids.subarray(first, first + count), at);
    offsets.set(tokens.offsets.subarray(2 * first, 2 * (first + count)), 2 * at);
    at += count;
    ids[at++] = specials.sep;
  };
  ids[at++] = specials.cls;
  place(a);
  if (b) {
    segments.fill(1, at);
    place(b);
  }
  return { ids, segments, offsets, truncated };
}
