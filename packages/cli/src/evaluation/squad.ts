/**
 * Question answering against SQuAD files.
 */
import { ClozeError } from "@cloze/core";
import { parseSquad } from "@cloze/train/datasets";
import { tuneThreshold } from "@cloze/train/metrics";
import { evaluateAnswers } from "@cloze/train/evaluate";
import { writeWhole } from "../files.ts";
import { readText } from "../input.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../model.ts";
import { checkOutputs, headOf, timed } from "./common.ts";
import type { EvaluateOptions, Metrics } from "./common.ts";

/** SQuAD: the official metrics of the data's own version, and the speed. */
export async function evaluateSquad(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const data = parseSquad(await readText(options.data, io));
  const { form, questions, misplaced } = data;
  const noAnswer = form === "2.0" || options.answer === false;
  if (!noAnswer && (options.threshold !== undefined || options.nullOdds !== undefined))
    throw new ClozeError(
      "invalid-option",
      "A threshold and null odds are for SQuAD 2.0: in this data every question has an answer.",
    );
  if (form === "1.1" && options.tune)
    throw new ClozeError(
      "invalid-option",
      "In this data every question has an answer: tune on SQuAD 2.0's form.",
      {
        field: "tune",
      },
    );
  if (misplaced.length > 0)
    await io.stderr.write(
      `${misplaced.length} answers do not stand where the file says (the first is of question ${misplaced[0].id}): ` +
        "they still count as right.\n",
    );
  await checkOutputs(options);
  await using bert = await loadModel(options);
  const plugin = headOf(bert, "span", options.plugin);
  const { threshold, wholeWords } = options;
  const total = questions.length;
  const { result, seconds } = await timed(total, "questions", io, (onProgress) =>
    evaluateAnswers(bert, plugin, data, { noAnswer, threshold, wholeWords, onProgress }),
  );

  const predicted = new Map<string, string>();
  const best = new Map<string, string>(); // also where no answer was given
  const leads = new Map<string, number>();
  for (const [i, { answer, nullScore, answers }] of result.results.entries()) {
    const { id } = questions[i];
    predicted.set(id, answer);
    const first = answers.at(0);
    best.set(id, first?.text ?? "");
    leads.set(id, first && nullScore !== undefined ? nullScore - first.score : Number.MAX_VALUE);
  }
  for (const [file, values] of [
    [options.predictions, predicted],
    [options.nullOdds, leads],
  ] as const)
    if (file !== undefined)
      await writeWhole(file, `${JSON.stringify(Object.fromEntries(values), null, 1)}\n`);
  const tuned = options.tune ? tuneThreshold(questions, best, leads) : {};
  return { ...result.metrics, ...tuned, questions: total, seconds, questionsPerSecond: total / seconds };
}
