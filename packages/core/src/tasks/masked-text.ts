/**
 * A text with masks, ready to be filled: where they are, and the windows in which they are read. A text longer than the
 * model is read in windows that split no word; a mask is filled from the window in which it has the most context.
 *
 * What is encoded is one window at a time, so that a row costs as much as a window and not as the text.
 */
import { join, whole } from "../encoding/encoding.ts";
import type { Encoding } from "../encoding/encoding.ts";
import { maxContext } from "../encoding/windows.ts";
import type { Window } from "../encoding/windows.ts";
import { wordBorders, wordWindows } from "../encoding/word-windows.ts";
import type { SpecialTokens, Tokens } from "../tokenizer/index.ts";
import { isChinese, isPunctuation, isWhitespace } from "../tokenizer/unicode.ts";
import type { Row, TaskModel } from "./task.ts";

/**
 * Runs encodings with masks.
 *
 * @param top How many candidates a mask are asked for; Infinity for all logits.
 * @param each Gets the number of an encoding, and what the head says of its masks.
 */
export type RunMasked = (
  encodings: readonly Encoding[],
  top: number,
  each: (encoding: number, rows: readonly Row[]) => void,
) => Promise<void>;

/** A text, its masks and the windows over it. */
export class MaskedText {
  readonly text: string;
  readonly tokens: Tokens;
  /** Where the masks are, in tokens of the text. */
  readonly masks: readonly number[];
  readonly windows: readonly Window[];
  /** For each mask, the window that it is filled from. */
  readonly owners: readonly number[];
  /** The other way round: for each window with masks their numbers, 0 for the first mask of the text. */
  readonly groups = new Map<number, number[]>();
  readonly #specials: SpecialTokens;

  constructor({ tokenizer }: TaskModel, text: string, room: number, overlap: number) {
    this.#specials = tokenizer.specials;
    this.text = text;
    this.tokens = tokenizer.tokenize(text);
    const places: number[] = [];
    for (const [at, id] of this.tokens.ids.entries()) if (id === tokenizer.specials.mask) places.push(at);
    this.masks = places;
    this.windows = wordWindows(wordBorders(tokenizer.wordIds(this.tokens)), room, overlap);
    const owner = maxContext(this.tokens.ids.length, this.windows);
    this.owners = places.map((at) => owner[at]);
    for (const [m, window] of this.owners.entries()) {
      const group = this.groups.get(window);
      if (group) group.push(m);
      else this.groups.set(window, [m]);
    }
  }

  /** The ids of a window, a copy, the text's first masks filled with these pieces. */
  idsOf(window: number, pieces: readonly number[] = []): Int32Array {
    const { first, count } = this.windows[window];
    const ids = this.tokens.ids.slice(first, first + count);
    for (const [m, piece] of pieces.entries()) {
      const at = this.masks[m] - first;
      if (at >= 0 && at < count) ids[at] = piece;
    }
    return ids;
  }

  /**
   * A window as the model reads it.
   *
   * @param places The tokens whose words are asked for, counted in the text.
   * @param ids What stands in the window.
   */
  encode(window: number, places: readonly number[], ids = this.idsOf(window)): Encoding {
    const offsets = new Int32Array(2 * ids.length); // nobody asks where these stood
    const encoding = join(this.#specials, whole({ ids, offsets }));
    return { ...encoding, masks: places.map((at) => at - this.windows[window].first + 1) }; // after [CLS]
  }

  /** Whether what stands at a place goes on with the word before it. */
  continues(at: number): boolean {
    const { offsets, ids } = this.tokens;
    if (at === 0 || offsets[2 * at - 1] !== offsets[2 * at]) return false;
    return ids[at - 1] === ids[at] || continuesWord(this.text, offsets[2 * at]);
  }

  /** The text with pieces in place of its masks. */
  with(pieces: readonly string[]): string {
    let result = "";
    let from = 0;
    for (const [m, at] of this.masks.entries()) {
      result += this.text.slice(from, this.tokens.offsets[2 * at]) + pieces[m].replace(/^##/, "");
      from = this.tokens.offsets[2 * at + 1];
    }
    return result + this.text.slice(from);
  }
}

/** Whether what begins at `at` goes on with the word before it: no space, no punctuation and no Chinese between. */
function continuesWord(text: string, at: number): boolean {
  const before = Array.from(text.slice(Math.max(0, at - 2), at))
    .at(-1)
    ?.codePointAt(0);
  return before !== undefined && !isWhitespace(before) && !isPunctuation(before) && !isChinese(before);
}
