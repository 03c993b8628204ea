/**
 * Next-sentence prediction: does the second text follow the first (Devlin et al., 2018, 3.1)?
 */
import { ClozeError } from "../errors.ts";
import { decodeNext } from "../heads/next-sentence.ts";
import type { Plugin } from "../plugin.ts";
import type { RunOptions } from "../session.ts";
import { encodeTexts, expectFields, expectShape, placeOf, runBatches } from "./task.ts";
import type { TaskModel } from "./task.ts";

/** Two texts. */
export interface TextPair {
  readonly text: string;
  readonly pair: string;
}

/** How pairs are judged. */
export interface NextOptions extends RunOptions {
  /** Tokens of both, special ones included; by default all that the model takes. */
  readonly maxLength?: number | undefined;
}

/** Whether the second follows. */
export interface NextSentence {
  /** The probability that the second text follows the first. */
  readonly isNext: number;
  /** Present when the texts were longer than the model takes. */
  readonly truncated?: true;
}

/**
 * Says of pairs whether the second follows the first.
 *
 * @returns One result a pair, in order.
 * @throws ClozeError `invalid-input`, `invalid-option`, and what the session throws.
 * @example
 * const pair = { text: "He went to the shop.", pair: "He bought a loaf of bread." };
 * const [{ isNext }] = await next(bert, bert.findPlugin(findHead("next-sentence")), [pair]);
 * isNext > 0.5; // true
 */
export async function next(
  model: TaskModel,
  plugin: Plugin,
  pairs: readonly TextPair[],
  options: NextOptions = {},
): Promise<NextSentence[]> {
  for (const [i, input] of pairs.entries()) {
    const at = placeOf(pairs, i);
    expectFields(input, at, "{ text, pair }");
    if (input.pair === undefined)
      throw new ClozeError("invalid-input", "pair should be the text that may follow: give { text, pair }.", {
        field: `${at}pair`,
      });
  }
  const encodings = encodeTexts(model, pairs, options.maxLength);
  const results = new Array<NextSentence>(pairs.length);
  await runBatches(model, encodings, [plugin.name], options, (i, [row]) => {
    expectShape(plugin, row);
    const isNext = decodeNext(row.data);
    results[i] = encodings[i].truncated ? { isNext, truncated: true } : { isNext };
  });
  return results;
}
