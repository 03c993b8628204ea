/** From ids back to text, as Hugging Face does it, with either of its two rules of cleaning up. */
import { ClozeError } from "../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { PREFIX } from "./trie.ts";

/** How ids become text. */
export interface DecodeOptions {
  /** Leaves out special tokens. Default: true. */
  readonly skipSpecials?: boolean | undefined;
  /**
   * Takes back the space before punctuation and in `n't` and its kin, piece by piece: `cleanup` of Hugging Face's
   * WordPiece decoder. Default: the tokenizer's setting, which is true where `tokenizer.json` does not say otherwise.
   */
  readonly cleanUp?: boolean | undefined;
  /**
   * Does so in the text as a whole: `clean_up_tokenization_spaces` of transformers, which comes after the other rule
   * and, unlike it, leaves `do not` alone. Default: the tokenizer's setting, false if `tokenizer_config.json` is silent.
   */
  readonly cleanUpSpaces?: boolean | undefined;
}

/** What loses its spaces under transformers' rule. */
const TIGHT = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"];

/** The WordPiece decoder's rule has one line more, after these. */
const BEFORE_DO_NOT = 7;

function cleanUp(text: string, from = 0, to = TIGHT.length): string {
  for (const found of TIGHT.slice(from, to)) text = text.replaceAll(found, found.trim());
  return text;
}

function cleanUpPiece(piece: string): string {
  const begun = cleanUp(piece, 0, BEFORE_DO_NOT).replaceAll(" do not", " don't");
  return cleanUp(begun, BEFORE_DO_NOT);
}

/**
 * @param specialIds What `skipSpecials` leaves out.
 * @param shown What is shown of an id in place of its piece.
 */
export function decode(
  { vocabulary, settings }: Tokenizer,
  ids: ArrayLike<number>,
  specialIds: ReadonlySet<number>,
  shown: ReadonlyMap<number, string>,
  options: DecodeOptions,
): string {
  const { skipSpecials = true, cleanUpSpaces = settings.cleanUpSpaces } = options;
  const ofPieces = options.cleanUp ?? settings.cleanUp;
  let text = "";
  let first = true;
  for (let nth = 0; nth < ids.length; nth++) {
    const id = ids[nth];
    if (!Number.isInteger(id) || id < 0)
      throw new ClozeError("invalid-input", `${id} is no id: ids are whole numbers from 0.`);
    let piece = shown.get(id) ?? vocabulary.pieces[id];
    if (piece === undefined || (skipSpecials && specialIds.has(id))) continue;
    if (!first) piece = piece.startsWith(PREFIX) ? piece.slice(PREFIX.length) : ` ${piece}`;
    first = false;
    text += ofPieces ? cleanUpPiece(piece) : piece;
  }
  return cleanUpSpaces ? cleanUp(text) : text;
}
