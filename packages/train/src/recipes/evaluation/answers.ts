/**
 * Measures question answering, as SQuAD's own scripts do.
 */
import type { Answer, Plugin, Predictor } from "@cloze/core";
import type { SquadData } from "../../datasets/squad.ts";
import { scoreSquad1, scoreSquad2 } from "../../metrics/squad.ts";
import { askAll, pick, surest } from "./evaluation.ts";
import type { AskedOptions, Evaluation, Metrics } from "./evaluation.ts";

/** How questions are asked. */
export interface AnswerEvaluationOptions extends AskedOptions {
  /** Whether there may be no answer: by default in data of SQuAD 2.0's form. */
  readonly noAnswer?: boolean | undefined;
  readonly threshold?: number | undefined;
  readonly wholeWords?: boolean | undefined;
}

/**
 * The official metrics of the data's own form, in per cent: of 1.1 `exact_match` and `f1`, of 2.0 `exact`, `f1` and those
 * of questions with and without answers.
 *
 * @example
 * const [answers] = bert.plugins.filter(({ kind }) => kind === "span");
 * const data = parseSquad(await readFile("dev-v2.0.json", "utf8"));
 * const { metrics } = await evaluateAnswers(bert, answers, data);
 * metrics.f1; // 100
 */
export async function evaluateAnswers(
  bert: Predictor,
  { name }: Plugin,
  { form, questions }: Pick<SquadData, "form" | "questions">,
  options: AnswerEvaluationOptions = {},
): Promise<Evaluation<Answer>> {
  const { noAnswer = form === "2.0", threshold, wholeWords, maxLength, overlap } = options;
  const asked = { plugin: name, noAnswer, threshold, wholeWords, maxLength, overlap, top: 1 };
  const results = await askAll(questions, options, (chunk) =>
    bert.ask(
      chunk.map(({ question, context }) => ({ question, context })),
      asked,
    ),
  );
  const predicted = new Map(questions.map(({ id }, i) => [id, results[i].answer]));
  const score = form === "1.1" ? scoreSquad1 : scoreSquad2;
  const metrics: Metrics = { ...score(questions, predicted) };
  const exact = form === "1.1" ? "exact_match" : "exact";
  const each = questions.map((question): Metrics => ({ ...score([question], predicted) }));
  const measure = (places: ArrayLike<number>): Metrics => {
    const some = pick(each, places);
    return { [exact]: mean(some, exact), f1: mean(some, "f1") };
  };
  const mistakes = questions.flatMap(({ question, references }, i) => {
    if (each[i][exact] > 0) return [];
    const [expected, found] = [references[0] ?? "", results[i].answer].map((text) => text || "(no answer)");
    return [{ input: question, expected, found, surety: suretyOf(results[i]) }];
  });
  return { metrics, measure, mistakes: surest(mistakes), results };
}

/** The probability of the answer; of none, its own against that of the best. */
function suretyOf({ answer, answers: [best], nullScore }: Answer): number {
  if (best === undefined) return 1;
  return answer === "" && nullScore !== undefined
    ? 1 / (1 + Math.exp(best.score - nullScore))
    : best.probability;
}

function mean(scores: readonly Metrics[], key: string): number {
  return scores.reduce((sum, one) => sum + one[key], 0) / scores.length;
}
