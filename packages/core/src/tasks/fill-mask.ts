/**
 * Filling masks: the words that stand behind each [MASK] of a text (Devlin et al., 2018, 3.1), each mask for itself or
 * (`fill-jointly.ts`) all together. How a text is read stands in `masked-text.ts`.
 */
import { SPECIALS_SINGLE } from "../encoding/encoding.ts";
import type { Encoding } from "../encoding/encoding.ts";
import { usualOverlap } from "../encoding/windows.ts";
import { ClozeError } from "../errors.ts";
import { candidatesOf, outputsOf, probabilityOf } from "../heads/masked-lm.ts";
import type { Plugin } from "../plugin.ts";
import type { Progress, RunOptions } from "../session.ts";
import { JointSearch } from "./fill-jointly.ts";
import { MaskedText } from "./masked-text.ts";
import type { RunMasked } from "./masked-text.ts";
import { expectFields, expectText, lengthLimit, placeOf, positive, runBatches } from "./task.ts";
import type { Row, TaskModel } from "./task.ts";

/** How masks are filled. */
export interface FillOptions extends RunOptions {
  /** How many candidates a mask, best first: 5 by default, or all targets. */
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
  /**
   * Refuses what takes more rows of the model than this, all texts together; no limit by default. A row is a window
   * with masks; with `joint` also one a mask and filling that is kept, with `pieces` one a piece of each target.
   */
  readonly maxRows?: number | undefined;
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
  const beams = positive("beams", options.beams ?? 5);
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
  const overlap = options.overlap ?? usualOverlap(room, plugin.overlap);
  const search = options.joint ? new JointSearch(model.tokenizer, Math.max(top, beams)) : undefined;

  let total = 0;
  const read = texts.map((input, i) => {
    const at = placeOf(texts, i);
    expectFields(input, at, "{ text }");
    expectText(input.text, `${at}text`);
    const text = new MaskedText(model, input.text, room, overlap);
    const { masks, groups } = text;
    if (masks.length === 0) throw refusal(model, `${at}text`);
    if (longest > 1 && masks.length > 1)
      throw new ClozeError(
        "invalid-input",
        `The text has ${masks.length} masks, and words of several pieces are scored at one: leave one.`,
        { field: `${at}text` },
      );
    total += longest > 1 ? targets!.flatMap(({ ids }) => ids).length : groups.size;
    if (search) total += search.countRows(text);
    expectRows(total, options.maxRows);
    return text;
  });

  let before = 0; // rows of the runs that are done
  const run: RunMasked = async (encodings, most, each) => {
    const onProgress = ({ done }: Progress) => options.onProgress?.({ done: before + done, total });
    const asked = { signal: options.signal, onProgress };
    await runBatches(model, encodings, outputsOf(plugin.name, most), asked, (i, rows) => {
      expectWords(model, plugin, encodings[i], rows);
      each(i, rows);
    });
    before += encodings.length;
  };
  const predictions =
    longest > 1 ? await scoreWords(read, targets!, run) : await predict(model, read, targets, top, run);
  const fillings = await search?.fill(read, top, run);
  return read.map(({ masks, tokens: { offsets } }, i) => ({
    masks: masks.map((at, m) => ({
      start: offsets[2 * at],
      end: offsets[2 * at + 1],
      predictions: predictions[i][m].slice(0, options.top),
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
  if (!Array.isArray(words) || words.length === 0)
    throw new ClozeError("invalid-option", "targets should be a list of at least one word.", {
      field: "targets",
    });
  return [...new Set(words)].map((word) => {
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

/** The candidates of every mask for itself: [text][mask][candidate]. */
async function predict(
  { config, tokenizer: { vocabulary } }: TaskModel,
  texts: readonly MaskedText[],
  targets: readonly Target[] | undefined,
  top: number,
  run: RunMasked,
): Promise<Prediction[][][]> {
  const spare = config.vocabularySize - vocabulary.size; // a table of embeddings may be longer: these are no words
  const candidates = (rows: readonly Row[], row: number): Prediction[] =>
    targets
      ? targets
          .map(({ token, ids: [id] }) => ({ token, id, score: probabilityOf(rows, row, id) }))
          .sort((a, b) => b.score - a.score)
      : candidatesOf(rows, row, top + spare)
          .filter(({ id }) => id < vocabulary.size)
          .slice(0, top)
          .map(({ id, score }) => ({ token: vocabulary.piece(id), id, score }));
  const encodings: Encoding[] = [];
  const takers: ((rows: readonly Row[]) => void)[] = [];
  const result = texts.map((text) => {
    const predictions: Prediction[][] = [];
    for (const [window, numbers] of text.groups) {
      const places = numbers.map((m) => text.masks[m]);
      encodings.push(text.encode(window, places));
      takers.push((rows) => {
        for (const [row, m] of numbers.entries()) predictions[m] = candidates(rows, row);
      });
    }
    return predictions;
  });
  await run(encodings, targets ? Infinity : top, (i, rows) => takers[i](rows));
  return result;
}

/** The probabilities of words of several pieces, at the one mask of each text. */
async function scoreWords(
  texts: readonly MaskedText[],
  targets: readonly Target[],
  run: RunMasked,
): Promise<Prediction[][][]> {
  const encodings: Encoding[] = [];
  const takers: ((rows: readonly Row[]) => void)[] = [];
  const scores = texts.map((text) => {
    const [at] = text.masks;
    const [window] = text.owners;
    const ids = text.idsOf(window);
    const inWindow = at - text.windows[window].first;
    return targets.map(({ ids: pieces }) => {
      const probabilities = new Float64Array(pieces.length);
      for (const [n, piece] of pieces.entries()) {
        const filled = pieces.map((id, i) => (i < n ? id : ids[inWindow])); // pieces, then masks
        const row = [...ids.subarray(0, inWindow), ...filled, ...ids.subarray(inWindow + 1)];
        encodings.push(text.encode(window, [at + n], Int32Array.from(row)));
        takers.push((rows) => (probabilities[n] = probabilityOf(rows, 0, piece)));
      }
      return probabilities;
    });
  });
  await run(encodings, Infinity, (i, rows) => takers[i](rows));
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

function expectRows(count: number, limit: number | undefined): void {
  if (limit !== undefined && count > limit)
    throw new ClozeError(
      "invalid-input",
      `More than ${limit} rows of the model are needed: send less text, fewer masks, targets or beams at once.`,
    );
}

/** Refuses words that the model does not have, as a server with another model gives. */
function expectWords(
  { config }: TaskModel,
  { name }: Plugin,
  { masks = [] }: Encoding,
  [total, ...others]: readonly Row[],
): void {
  const V = config.vocabularySize;
  const [words] = others; // all logits, or the best ids and their logits
  const width = words.dims[1];
  const fits =
    total.data.length >= masks.length &&
    others.every(({ data }) => data.length === total.data.length * width) &&
    (others.length === 1 ? width === V : words.data.every((id) => Number.isInteger(id) && id >= 0 && id < V));
  if (!fits)
    throw new ClozeError(
      "server-error",
      `The head ${name} speaks of words that a vocabulary of ${V} has not: the model that runs is another one.`,
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
