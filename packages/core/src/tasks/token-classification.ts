/**
 * Token classification: names and other entities in a text (Devlin et al., 2018, 5.3).
 *
 * A text longer than the model is read in windows that split no word; what is said of a word is taken from the window
 * in which it has the most context.
 */
import { join, SPECIALS_SINGLE } from "../encoding/encoding.ts";
import type { Encoding } from "../encoding/encoding.ts";
import { usualOverlap } from "../encoding/windows.ts";
import { wordBorders, wordOwners, wordWindows } from "../encoding/word-windows.ts";
import { ClozeError } from "../errors.ts";
import { decodeEntities } from "../heads/token.ts";
import type { Aggregation, Entity } from "../heads/token.ts";
import type { Plugin } from "../plugin.ts";
import type { RunOptions } from "../session.ts";
import {
  expectFields,
  expectShape,
  expectText,
  expectWindows,
  lengthLimit,
  placeOf,
  runBatches,
} from "./task.ts";
import type { TaskModel } from "./task.ts";

/** How texts are tagged. */
export interface TagOptions extends RunOptions {
  /** How tokens become entities: whole words by their first piece, by default. */
  readonly aggregation?: Aggregation | undefined;
  /** Whether what is no entity is given too, with the label O: with aggregation `none`, every token of the text. */
  readonly outside?: boolean | undefined;
  /** Tokens of a window, special ones included: by default what the plugin was trained with, or all. */
  readonly maxLength?: number | undefined;
  /** Tokens that a window shares with the next: by default 128, or half of a window. */
  readonly overlap?: number | undefined;
  /** Refuses texts that take more windows than this, all together; no limit by default. */
  readonly maxWindows?: number | undefined;
}

/** What was found in a text. */
export interface Tagging {
  /** In the order of the text. */
  readonly entities: readonly Entity[];
}

const aggregations: readonly Aggregation[] = ["none", "simple", "first", "average", "max"];

/**
 * Finds the entities of texts.
 *
 * @returns One result a text, in order.
 * @throws ClozeError `invalid-input`, `invalid-option`, and what the session throws.
 * @example
 * const [{ entities }] = await tag(bert, bert.findPlugin(findHead("token")), [{ text: "Anton Chekhov wrote it." }]);
 * entities.map(({ label, text }) => [label, text]); // [["PER", "Anton Chekhov"]]
 */
export async function tag(
  model: TaskModel,
  plugin: Plugin,
  texts: readonly { readonly text: string }[],
  options: TagOptions = {},
): Promise<Tagging[]> {
  const { aggregation = "first", outside = false } = options;
  if (!aggregations.includes(aggregation))
    throw new ClozeError("invalid-option", `aggregation should be one of ${aggregations.join(", ")}.`, {
      field: "aggregation",
    });
  const limit = lengthLimit(model.config, options.maxLength, plugin.maxLength ?? model.config.maxPositions);
  const room = limit - SPECIALS_SINGLE;
  const overlap = options.overlap ?? usualOverlap(room, plugin.overlap);

  const width = plugin.labels.length;
  const encodings: Encoding[] = [];
  const takers: ((logits: Float32Array) => void)[] = [];
  const tagged = texts.map((input, i) => {
    expectFields(input, placeOf(texts, i), "{ text }");
    const { text } = input;
    expectText(text, `${placeOf(texts, i)}text`);
    const tokens = model.tokenizer.tokenize(text);
    const words = wordBorders(model.tokenizer.wordIds(tokens));
    const list = wordWindows(words, room, overlap).filter(({ count }) => count > 0);
    expectWindows(encodings.length + list.length, options.maxWindows);
    const owner = wordOwners(words, list);
    const logits = new Float32Array(tokens.ids.length * width);
    for (const [w, { first, count }] of list.entries()) {
      encodings.push(join(model.tokenizer.specials, { tokens, first, count }));
      takers.push((rows) => {
        for (let t = first; t < first + count; t++) {
          const at = (t - first + 1) * width; // after [CLS]
          if (owner[t] === w) logits.set(rows.subarray(at, at + width), t * width);
        }
      });
    }
    return { text, offsets: tokens.offsets, words, logits, labels: plugin.labels };
  });

  await runBatches(model, encodings, [plugin.name], options, (i, [row]) => {
    expectShape(plugin, row, encodings[i].ids.length);
    takers[i](row.data);
  });
  return tagged.map((one) => ({ entities: decodeEntities(one, aggregation, outside) }));
}
