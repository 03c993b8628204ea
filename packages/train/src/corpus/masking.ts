/**
 * Masks for the masked language model, drawn as google-research/bert's `create_pretraining_data.py` draws them: single
 * pieces, whole words, or whole words by a score of the caller's.
 */
import type { Tokenizer } from "@cloze/core";
import { ClozeError } from "@cloze/core";
import type { Random } from "../random.ts";
import type { Examples } from "./examples.ts";
import { withRoom } from "./room.ts";

/**
 * How likely a word is to be masked, by the ids of its pieces: twice the score, twice as likely to be the next one
 * drawn. A word whose score is not above 0 is never masked. The array holds for the call only.
 */
export type WordScore = (pieces: Int32Array) => number;

/** Which words are masked. */
export interface MaskingOptions {
  /** Masks of an example at most. */
  readonly maxPredictions: number;
  /** Masks all pieces of a word or none. Default: false. */
  readonly wholeWord?: boolean | undefined;
  /** Whole words by score, such as `rareWords(store.counts)`. Default: all are as likely. */
  readonly score?: WordScore | undefined;
}

const MASKED_SHARE = 0.15;
const PREFIX = "##";

/**
 * How many of an example's tokens are predicted: 15 %, rounded half to even as Python rounds, at least one.
 *
 * @param length Its tokens, [CLS] and [SEP] among them.
 */
export function countPredictions(length: number, maxPredictions: number): number {
  const exact = length * MASKED_SHARE;
  const floor = Math.floor(exact);
  const up = exact - floor > 0.5 || (exact - floor === 0.5 && floor % 2 === 1);
  return Math.min(maxPredictions, Math.max(1, up ? floor + 1 : floor));
}

/** Draws masks. */
export class Masker {
  readonly #mask: number;
  readonly #cls: number;
  readonly #sep: number;
  readonly #vocabularySize: number;
  readonly #maxPredictions: number;
  readonly #score: WordScore | undefined;
  /** By id, 1 for a piece that continues a word which is masked as a whole. */
  readonly #continues: Uint8Array;
  // Of the example at hand: its words in random order; where the places of each begin; the places; their ids.
  #order = new Int32Array(128);
  #words = new Int32Array(128);
  #places = new Int32Array(128);
  #pieces = new Int32Array(128);
  #keys = new Float64Array(128);
  /** By place, what was there and has been masked, or -1. */
  #masked = new Int32Array(128);

  /**
   * @throws {ClozeError} `invalid-vocabulary` without `[MASK]`.
   */
  constructor({ specials, vocabulary }: Tokenizer, { maxPredictions, wholeWord, score }: MaskingOptions) {
    if (specials.mask === undefined)
      throw new ClozeError("invalid-vocabulary", "The vocabulary has no [MASK]: add it, or train ltr.");
    this.#mask = specials.mask;
    this.#cls = specials.cls;
    this.#sep = specials.sep;
    this.#vocabularySize = vocabulary.size;
    this.#maxPredictions = maxPredictions;
    this.#score = score;
    const whole = wholeWord === true || score !== undefined;
    this.#continues = Uint8Array.from(vocabulary.pieces, (piece) =>
      whole && piece.startsWith(PREFIX) ? 1 : 0,
    );
  }

  /** Masks an example, the first without masks so far. 80 % become [MASK], 10 % any piece, 10 % stay. */
  mask(examples: Examples, example: number, random: Random): void {
    const start = examples.starts[example];
    const length = examples.length(example);
    const row = examples.ids.subarray(start, start + length);
    const words = this.#findWords(row);
    this.#drawOrder(words, random);
    const most = countPredictions(length, this.#maxPredictions);
    const masked = this.#masked.fill(-1, 0, length);
    let count = 0;
    for (let nth = 0; nth < words && count < most; nth++) {
      const word = this.#order[nth];
      if (this.#score !== undefined && this.#keys[word] === Number.NEGATIVE_INFINITY) break;
      const end = this.#words[word + 1];
      if (count + end - this.#words[word] > most) continue;
      for (let at = this.#words[word]; at < end; at++, count++) {
        const place = this.#places[at];
        masked[place] = row[place];
        if (random.uniform() < 0.8) row[place] = this.#mask;
        else if (random.uniform() >= 0.5) row[place] = random.below(this.#vocabularySize);
      }
    }
    const before = examples.maskStarts[example];
    examples.positions = withRoom(examples.positions, before + count);
    examples.labels = withRoom(examples.labels, before + count);
    examples.maskStarts = withRoom(examples.maskStarts, example + 2);
    let at = before;
    for (let place = 0; place < length; place++) {
      if (masked[place] < 0) continue;
      examples.positions[at] = place;
      examples.labels[at++] = masked[place];
    }
    examples.maskStarts[example + 1] = at;
  }

  /**
   * The words of an example; without whole words each piece is one. As in the original, a continuation at the front of
   * the second segment belongs to the last word of the first.
   */
  #findWords(row: Int32Array): number {
    const room = row.length + 1;
    this.#order = withRoom(this.#order, room);
    this.#words = withRoom(this.#words, room);
    this.#places = withRoom(this.#places, room);
    this.#pieces = withRoom(this.#pieces, room);
    this.#keys = withRoom(this.#keys, room);
    this.#masked = withRoom(this.#masked, room);
    let words = 0;
    let count = 0;
    for (let place = 0; place < row.length; place++) {
      const id = row[place];
      if (id === this.#cls || id === this.#sep) continue;
      if (words === 0 || this.#continues[id] === 0) this.#words[words++] = count;
      this.#places[count] = place;
      this.#pieces[count++] = id;
    }
    this.#words[words] = count;
    return words;
  }

  /** With scores, by the keys of Efraimidis and Spirakis: sampling without replacement, weighted. */
  #drawOrder(words: number, random: Random): void {
    const order = this.#order;
    const score = this.#score;
    for (let word = 0; word < words; word++) order[word] = word;
    if (score === undefined) return random.shuffle(order, words);
    const keys = this.#keys;
    for (let word = 0; word < words; word++) {
      const weight = score(this.#pieces.subarray(this.#words[word], this.#words[word + 1]));
      const key = Math.log(1 - random.uniform()) / weight;
      keys[word] = weight > 0 ? key : Number.NEGATIVE_INFINITY;
    }
    order.subarray(0, words).sort((one, other) => keys[other] - keys[one] || one - other);
  }
}
