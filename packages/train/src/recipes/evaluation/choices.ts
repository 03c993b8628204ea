/**
 * Measures multiple choice.
 */
import type { Choice, Plugin, Predictor } from "@cloze/core";
import type { LabelledChoice } from "../../datasets/choices.ts";
import { askAll, pick, placesOf, surest } from "./evaluation.ts";
import type { AskedOptions, Evaluation, Metrics } from "./evaluation.ts";

/**
 * How often the right choice is chosen.
 *
 * @example
 * await using bert = await load("models/endings");
 * const questions = await parseChoices(await readFile("endings.jsonl", "utf8"), { file: "endings.jsonl" });
 * const { metrics } = await evaluateChoices(bert, bert.plugins[0], questions);
 * metrics.accuracy; // 1
 */
export async function evaluateChoices(
  bert: Predictor,
  { name }: Plugin,
  questions: readonly LabelledChoice[],
  options: AskedOptions = {},
): Promise<Evaluation<Choice>> {
  const { maxLength } = options;
  const results = await askAll(questions, options, (chunk) =>
    bert.choose(chunk, { plugin: name, maxLength }),
  );
  const right = questions.map(({ label }, i): number => (results[i].choice === label ? 1 : 0));
  const measure = (places: ArrayLike<number>): Metrics => ({
    accuracy: pick(right, places).reduce((sum, one) => sum + one, 0) / places.length,
  });
  const mistakes = questions.flatMap(({ context, question = "", choices, label }, i) => {
    const { choice, scores } = results[i];
    if (choice === label) return [];
    const input = `${context} ${question}`.trim();
    return [{ input, expected: choices[label], found: choices[choice], surety: scores[choice] }];
  });
  return { metrics: measure(placesOf(questions)), measure, mistakes: surest(mistakes), results };
}
