/**
 * Which word each token belongs to when words are another program's matter: Chinese, Japanese or Thai text has no
 * spaces, so BERT's own words are single characters there or whole sentences. Tokens and ids stay as they are; only
 * their grouping changes, for whole-word masking and for labels of words.
 */
import { ClozeError } from "../errors.ts";
import type { Tokens } from "../tokenizer/index.ts";
import { type Encoding, startOf } from "./encoding.ts";
import type { TextInput } from "./encode.ts";

/**
 * Splits a text into words, in order. Together they need not make up the text (white space may be left out), but
 * each must stand in it.
 */
export type Segmenter = (text: string) => Iterable<string>;

/** No word: a special token. */
export const NO_WORD = -1;

/**
 * The host's own segmenter (`Intl.Segmenter`). Hosts come with different dictionaries: the same text may fall into
 * other words elsewhere. That is fine for masking, and no tokens depend on it.
 *
 * @example
 * [...hostSegmenter("zh")("我爱北京")]; // ["我", "爱", "北京"]
 */
export function hostSegmenter(locale = "zh"): Segmenter {
  const segmenter = new Intl.Segmenter(locale, { granularity: "word" });
  return (text) => Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/**
 * The word of each token, as the segmenter has it: two tokens share a number if and only if they begin in the same
 * word. Words are numbered from 0 in each text; what was cut off counts too, as with `Tokenizer.wordIds`.
 *
 * @param input The text or the pair that was tokenized.
 * @returns One number a token, NO_WORD (-1) for special tokens. A token in no word of the segmenter is its own word.
 * @throws ClozeError `invalid-input` for a word of the segmenter that does not stand in the text.
 * @example
 * const tokens = tokenizer.tokenize("我爱北京");
 * wordIds(tokens, "我爱北京", (text) => jieba.cut(text)); // 0, 1, 2, 2
 */
export function wordIds(
  tokens: Tokens | Encoding,
  input: string | TextInput,
  segmenter: Segmenter = hostSegmenter(),
): Int32Array {
  const { text, pair = "" }: TextInput = typeof input === "string" ? { text: input } : input;
  return perToken(tokens, ({ offsets }, sequence) =>
    numberBy(offsets, sequence === 0 ? text : pair, segmenter),
  );
}

/** Numbers the tokens of each text as a whole, and picks those that are in the encoding. */
export function perToken(
  tokens: Tokens | Encoding,
  number: (tokens: Tokens, sequence: number) => Int32Array,
): Int32Array {
  if (!("sources" in tokens)) return number(tokens, 0);
  const words = new Int32Array(tokens.ids.length).fill(NO_WORD);
  for (const [sequence, { tokens: all, first, count }] of tokens.sources.entries())
    words.set(number(all, sequence).subarray(first, first + count), startOf(tokens, sequence));
  return words;
}

function numberBy(offsets: Int32Array, text: string, segmenter: Segmenter): Int32Array {
  // The word that each unit of the text is in, from 1; 0 outside words.
  const wordOf = new Int32Array(text.length + 1);
  let end = 0;
  let word = 0;
  for (const segment of segmenter(text)) {
    const start = text.indexOf(segment, end);
    if (start < 0)
      throw new ClozeError(
        "invalid-input",
        `The segmenter's word "${segment}" does not follow in the text: it must split the text and not change it.`,
      );
    end = start + segment.length;
    wordOf.fill(++word, start, end);
  }
  const ids = new Int32Array(offsets.length / 2);
  let id = NO_WORD;
  let last = 0;
  for (let token = 0; token < ids.length; token++) {
    const here = wordOf[offsets[2 * token]];
    if (token === 0 || here === 0 || here !== last) id++;
    ids[token] = id;
    last = here;
  }
  return ids;
}
