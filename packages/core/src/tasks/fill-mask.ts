/**
 * Filling masks: the words that stand behind each [MASK] of a text (Devlin et al., 2018, 3.1), one by one or together.
 *
 * A text longer than the model is read in windows that split no word; a mask is filled from the window in which it has
 * the most context.
 */
import { join, SPECIALS_SINGLE } from "../encoding/encoding.ts";
import type { Encoding } from "../encoding/encoding.ts";
import { maxContext } from "../encoding/windows.ts";
import type { Window } from "../encoding/windows.ts";
import { wordBorders, wordWindows } from "../encoding/word-windows.ts";
import { ClozeError } from "../errors.ts";
import {
  candidatesOf,
  chooseCandidates,
  continuesWord,
  outputsOf,
  probabilityOf,
} from "../heads/masked-lm.ts";
import type { Plugin } from "../plugin.ts";
import type { RunOptions } from "../session.ts";
import type { Tokens } from "../tokenizer/index.ts";
import { expectText, expectWindows, lengthLimit, placeOf, positive, runBatches } from "./task.ts";
import type { Row, TaskModel } from "./task.ts";

/** How masks are filled. */
export interface FillOptions extends RunOptions {
  /** How many candidates a mask, best first: 5 by default. */
  readonly top?: number | undefined;
  /** Scores these words and no others. Each has to be one piece of the vocabulary, unless `pieces` is set. */
  readonly targets?: readonly string[] | undefined;
  /**
   * Lets a target be of several pieces: the mask is then read as so many masks, filled from left to right, and the
   * score is the product of the pieces' probabilities. For texts with one mask.
   */
  readonly pieces?: boolean | undefined;
  /**
   * Fills all masks of a text together, from left to right, each seeing those before it (a beam search). A mask that
   * stands alone gets a whole word; one that touches a word or another mask continues it.
   */
  readonly joint?: boolean | undefined;
  /** How many fillings the beam search keeps: 5 by default, and never fewer than `top`. */
  readonly beams?: number | undefined;
  /** Tokens of a window, special ones included: by default all that the model takes. */
  readonly maxLength?: number | undefined;
  /** Tokens that a window shares with the next: by default 128, or half of a window. */
  readonly overlap?: number | undefined;
  /** Refuses texts that take more windows than this, all together; no limit by default. */
  readonly maxWindows?: number | undefined;
}

/** A word for a mask. */
export interface Prediction {
  /** The piece, or the word that was asked for. */
  readonly token: string;
  /** Its number in the vocabulary; of a word of several pieces, the first one's. */
  readonly id: number;
  /** The numbers of all pieces, where a word has several. */
  readonly ids?: readonly number[];
  /** Its probability. */
  readonly score: number;
}

/** A mask and the words for it. */
export interface FilledMask {
  /** [start, end) of the [MASK] in UTF-16 units of the text. */
  readonly start: number;
  readonly end: number;
  /** Best first. */
  readonly predictions: readonly Prediction[];
}

/** A text with all its masks filled together. */
export interface Filling {
  readonly text: string;
  /** The piece at each mask. */
  readonly tokens: readonly string[];
  /** The probability of these words: the product of each one's, given the ones before it. */
  readonly score: number;
}

/** The masks of a text, filled. */
export interface Filled {
  /** In the order of the text. */
  readonly masks: readonly FilledMask[];
  /** With `joint`, best first. */
  readonly fillings?: readonly Filling[];
}

/**
 * Fills the masks of texts.
 *
 * @returns One result a text, in order.
 * @throws ClozeError `invalid-input` for a text without [MASK], `invalid-option` for a target that is not one piece
 *   (`pieces` allows it), and what the session throws.
 * @example
 * const [{ masks }] = await fill(bert, bert.findPlugin(maskedLm), [{ text: "He closed the [MASK] behind him." }]);
 * masks[0].predictions[0].token; // "door"
 */
export async function fill(
  model: TaskModel,
  plugin: Plugin,
  texts: readonly { readonly text: string }[],
  options: FillOptions = {},
): Promise<Filled[]> {
  const top = positive("top", options.top ?? 5);
  if (options.joint && options.targets)
    throw new ClozeError(
      "invalid-option",
      "Targets are scored at each mask by itself: leave joint out, or them.",
      {
        field: "targets",
      },
    );
  const targets = options.targets && readTargets(model, options.targets, options.pieces ?? false);
  const longest = targets?.reduce((most, { ids }) => Math.max(most, ids.length), 1) ?? 1;
  const limit = lengthLimit(model.config, options.maxLength, plugin.maxLength ?? model.config.maxPositions);
  const room = limit - SPECIALS_SINGLE - (longest - 1);
  const overlap = options.overlap ?? Math.min(plugin.overlap ?? 128, Math.max(0, Math.floor(room / 2)));

  let windows = 0;
  const read = texts.map(({ text }, i) => {
    const at = placeOf(texts, i);
    expectText(text, `${at}text`);
    const masked = new MaskedText(model, text, room, overlap);
    windows += masked.windows.length;
    expectWindows(windows, options.maxWindows);
    const { masks } = masked;
    if (masks.length === 0) throw refusal(model, `${at}text`);
    if (longest > 1 && masks.length > 1)
      throw new ClozeError(
        "invalid-input",
        `The text has ${masks.length} masks, and words of several pieces are scored at one: leave one.`,
        { field: `${at}text` },
      );
    return masked;
  });

  const predictions =
    longest > 1
      ? await scoreWords(model, plugin, read, targets!, options)
      : await predict(model, plugin, read, targets, top, options);
  const fillings = options.joint ? await fillJointly(model, plugin, read, top, options) : undefined;
  return read.map(({ masks, tokens: { offsets } }, i) => ({
    masks: masks.map((at, m) => ({
      start: offsets[2 * at],
      end: offsets[2 * at + 1],
      predictions: predictions[i][m].slice(0, targets ? undefined : top),
    })),
    ...(fillings && { fillings: fillings[i] }),
  }));
}

/** A word that is asked for, and its pieces. */
interface Target {
  readonly token: string;
  readonly ids: readonly number[];
}

function readTargets({ tokenizer }: TaskModel, words: readonly string[], pieces: boolean): Target[] {
  if (words.length === 0)
    throw new ClozeError("invalid-option", "targets should name at least one word.", { field: "targets" });
  return words.map((word) => {
    expectText(word, "targets");
    // A piece is taken as it stands (`##ing` too), any other word as a text.
    const known = tokenizer.vocabulary.id(word);
    const ids = known === undefined ? [...tokenizer.tokenize(word).ids] : [known];
    const shown = ids.map((id) => tokenizer.vocabulary.piece(id)).join(" ");
    if (ids.length === 0 || ids.includes(tokenizer.specials.unk))
      throw new ClozeError("invalid-option", `The target ${JSON.stringify(word)} is not in the vocabulary.`, {
        field: "targets",
      });
    if (ids.length > 1 && !pieces)
      throw new ClozeError(
        "invalid-option",
        `The target ${JSON.stringify(word)} is not one piece but ${ids.length} (${shown}): ask for its pieces to be scored, or leave it out.`,
        { field: "targets" },
      );
    return { token: word, ids };
  });
}

/** A text, its masks and the windows over it. */
class MaskedText {
  readonly tokens: Tokens;
  /** Where the masks are, in tokens of the text. */
  readonly masks: readonly number[];
  readonly windows: readonly Window[];
  readonly text: string;
  readonly #model: TaskModel;
  readonly #owner: Int32Array;

  constructor(model: TaskModel, text: string, room: number, overlap: number) {
    const { tokenizer } = model;
    this.#model = model;
    this.text = text;
    this.tokens = tokenizer.tokenize(text);
    const places: number[] = [];
    for (const [at, id] of this.tokens.ids.entries()) if (id === tokenizer.specials.mask) places.push(at);
    this.masks = places;
    this.windows = wordWindows(wordBorders(tokenizer.wordIds(this.tokens)), room, overlap);
    this.#owner = maxContext(this.tokens.ids.length, this.windows);
  }

  /** The window that speaks for a token. */
  windowOf(at: number): number {
    return this.#owner[at];
  }

  /**
   * One window, asked for the words at some places.
   *
   * @param ids The text's ids, or what stands in their place; a place may be longer than it was.
   */
  encode(window: number, masks: readonly number[], ids = this.tokens.ids): Encoding {
    const { first, count } = this.windows[window];
    const longer = ids.length - this.tokens.ids.length;
    const tokens = { ids, offsets: new Int32Array(2 * ids.length) };
    const encoding = join(this.#model.tokenizer.specials, { tokens, first, count: count + longer });
    return { ...encoding, masks: masks.map((at) => at - first + 1) }; // after [CLS]
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

/** The candidates of every mask for itself: [text][mask][candidate]. */
async function predict(
  model: TaskModel,
  plugin: Plugin,
  texts: readonly MaskedText[],
  targets: readonly Target[] | undefined,
  top: number,
  options: RunOptions,
): Promise<Prediction[][][]> {
  const { vocabulary } = model.tokenizer;
  const encodings: Encoding[] = [];
  const takers: ((rows: readonly Row[]) => void)[] = [];
  const result = texts.map((text) => {
    const predictions: Prediction[][] = [];
    for (const w of text.windows.keys()) {
      const numbers = [...text.masks.keys()].filter((m) => text.windowOf(text.masks[m]) === w);
      if (numbers.length === 0) continue;
      encodings.push(
        text.encode(
          w,
          numbers.map((m) => text.masks[m]),
        ),
      );
      takers.push((rows) => {
        for (const [row, m] of numbers.entries())
          predictions[m] = targets
            ? targets
                .map(({ token, ids: [id] }) => ({ token, id, score: probabilityOf(rows, row, id) }))
                .sort((a, b) => b.score - a.score)
            : candidatesOf(rows, row, top).map(({ id, score }) => ({
                token: vocabulary.piece(id),
                id,
                score,
              }));
      });
    }
    return predictions;
  });
  const outputs = outputsOf(plugin.name, targets ? Infinity : top);
  await runBatches(model, encodings, outputs, options, (i, rows) => takers[i](rows));
  return result;
}

/** The probabilities of words of several pieces, at the one mask of each text. */
async function scoreWords(
  model: TaskModel,
  plugin: Plugin,
  texts: readonly MaskedText[],
  targets: readonly Target[],
  options: RunOptions,
): Promise<Prediction[][][]> {
  const encodings: Encoding[] = [];
  const takers: ((rows: readonly Row[]) => void)[] = [];
  const scores = texts.map((text) => {
    const [at] = text.masks;
    const mask = text.tokens.ids[at];
    return targets.map(({ ids: pieces }) => {
      const probabilities = new Float64Array(pieces.length);
      for (const [n, piece] of pieces.entries()) {
        const filled = pieces.map((id, i) => (i < n ? id : mask));
        const ids = Int32Array.from([
          ...text.tokens.ids.subarray(0, at),
          ...filled,
          ...text.tokens.ids.subarray(at + 1),
        ]);
        encodings.push(text.encode(text.windowOf(at), [at + n], ids));
        takers.push((rows) => (probabilities[n] = probabilityOf(rows, 0, piece)));
      }
      return probabilities;
    });
  });
  await runBatches(model, encodings, outputsOf(plugin.name, Infinity), options, (i, rows) => takers[i](rows));
  return scores.map((words) => [
    words
      .map((probabilities, t): Prediction => {
        const { token, ids } = targets[t];
        const score = probabilities.reduce((product, p) => product * p, 1);
        return { token, id: ids[0], ...(ids.length > 1 && { ids }), score };
      })
      .sort((a, b) => b.score - a.score),
  ]);
}

/** A text whose first masks are filled, and the log probability of what they were filled with. */
interface Beam {
  readonly ids: Int32Array;
  readonly score: number;
}

/** The best fillings of all masks of each text: a beam search, all texts mask by mask together. */
async function fillJointly(
  model: TaskModel,
  plugin: Plugin,
  texts: readonly MaskedText[],
  top: number,
  options: FillOptions,
): Promise<Filling[][]> {
  const { vocabulary, specials } = model.tokenizer;
  const width = Math.max(top, positive("beams", options.beams ?? 5));
  const special = new Set(Object.values(specials));
  const allowed = (id: number, continues: boolean) =>
    !special.has(id) && vocabulary.piece(id).startsWith("##") === continues;
  const beams: Beam[][] = texts.map(({ tokens }) => [{ ids: tokens.ids, score: 0 }]);
  const most = texts.reduce((count, { masks }) => Math.max(count, masks.length), 0);
  for (let m = 0; m < most; m++) {
    const encodings: Encoding[] = [];
    const grown: { text: number; beam: Beam }[] = [];
    const next = new Map<number, Beam[]>();
    for (const [i, text] of texts.entries()) {
      if (m >= text.masks.length) continue;
      next.set(i, []);
      for (const beam of beams[i]) {
        encodings.push(text.encode(text.windowOf(text.masks[m]), [text.masks[m]], beam.ids));
        grown.push({ text: i, beam });
      }
    }
    await runBatches(model, encodings, outputsOf(plugin.name, Infinity), options, (e, rows) => {
      const { text: i, beam } = grown[e];
      const at = texts[i].masks[m];
      const continues = texts[i].continues(at);
      for (const { id, score } of chooseCandidates(rows, 0, width, (one) => allowed(one, continues)))
        next.get(i)!.push({ ids: beam.ids.with(at, id), score: beam.score + Math.log(score) });
    });
    for (const [i, found] of next) beams[i] = found.sort((a, b) => b.score - a.score).slice(0, width);
  }
  return beams.map((found, i) =>
    found.slice(0, top).map(({ ids, score }) => {
      const tokens = texts[i].masks.map((at) => vocabulary.piece(ids[at]));
      return { text: texts[i].with(tokens), tokens, score: Math.exp(score) };
    }),
  );
}

function refusal({ tokenizer: { specials, vocabulary } }: TaskModel, field: string): ClozeError {
  if (specials.mask === undefined)
    return new ClozeError(
      "unsupported",
      "This model's vocabulary has no [MASK]: load one that was trained with it.",
    );
  return new ClozeError(
    "invalid-input",
    `${field} has no ${vocabulary.piece(specials.mask)}: write one where a word is missing.`,
    { field },
  );
}
