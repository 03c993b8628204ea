/**
 * Multiple choice: which of several texts goes on with, or answers a question about, another (Devlin et al., 2018,
 * 4.4). Each choice is read with the context as a pair of texts; a question stands before the choice.
 */
import { ClozeError } from "../errors.ts";
import { decodeChoices } from "../heads/choice.ts";
import type { Plugin } from "../plugin.ts";
import type { RunOptions } from "../session.ts";
import { encodeTexts, expectFields, expectShape, expectText, placeOf, runBatches } from "./task.ts";
import type { TaskModel } from "./task.ts";

/** A text, and several that may go on with it. */
export interface ChoiceQuestion {
  readonly context: string;
  readonly question?: string;
  /** Two or more. */
  readonly choices: readonly string[];
}

/** How a choice is made. */
export interface ChooseOptions extends RunOptions {
  /** Tokens of the context and one choice, special ones included; by default all that the model takes. */
  readonly maxLength?: number | undefined;
}

/** Which was chosen. */
export interface Choice {
  /** The place of the best choice in `choices`. */
  readonly choice: number;
  /** The probability of each, in the order of `choices`. */
  readonly scores: readonly number[];
  /** Present when a choice and its context were longer than the model takes. */
  readonly truncated?: true;
}

/**
 * Chooses.
 *
 * @returns One result a question, in order.
 * @throws ClozeError `invalid-input`, `invalid-option`, and what the session throws.
 * @example
 * const tiny = tinyModel(); // it has a head for choices, with random weights
 * const questions = [{ context: "it is raining", choices: ["take a hat", "eat a hat"] }];
 * const [{ scores }] = await choose(tiny, tiny.findPlugin(findHead("choice")), questions);
 * scores.length; // 2
 */
export async function choose(
  model: TaskModel,
  plugin: Plugin,
  questions: readonly ChoiceQuestion[],
  options: ChooseOptions = {},
): Promise<Choice[]> {
  const firsts: number[] = [];
  const pairs: { text: string; pair: string }[] = [];
  for (const [i, asked] of questions.entries()) {
    const at = placeOf(questions, i);
    expectFields(asked, at, "{ context, question?, choices }");
    const { context, question, choices } = asked;
    expectText(context, `${at}context`);
    if (question !== undefined) expectText(question, `${at}question`);
    if (!Array.isArray(choices) || choices.length < 2)
      throw new ClozeError("invalid-input", `${at}choices should be two texts or more.`, {
        field: `${at}choices`,
      });
    firsts.push(pairs.length);
    for (const [c, choice] of choices.entries()) {
      expectText(choice, `${at}choices[${c}]`);
      pairs.push({ text: context, pair: question === undefined ? choice : `${question} ${choice}` });
    }
  }
  const encodings = encodeTexts(model, pairs, options.maxLength);
  const logits = new Float32Array(pairs.length);
  await runBatches(model, encodings, [plugin.name], options, (i, [row]) => {
    expectShape(plugin, row);
    logits[i] = row.data[0];
  });
  return questions.map(({ choices }, i) => {
    const end = firsts[i] + choices.length;
    const scores = Array.from(decodeChoices(logits.subarray(firsts[i], end)));
    const choice = scores.indexOf(Math.max(...scores));
    const truncated = encodings.slice(firsts[i], end).some((encoding) => encoding.truncated);
    return truncated ? { choice, scores, truncated } : { choice, scores };
  });
}
