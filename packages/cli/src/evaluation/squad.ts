/**
 * Question answering against SQuAD files.
 */
import { ClozeError } from "@cloze/core";
import { parseSquad } from "@cloze/train/datasets";
import { scoreSquad1, scoreSquad2, tuneThreshold } from "@cloze/train/metrics";
import { writeWhole } from "../files.ts";
import { readText } from "../input.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../model.ts";
import { checkOutputs, inChunks } from "./common.ts";
import type { EvaluateOptions, Metrics } from "./common.ts";

/** SQuAD: the official metrics of the data's own version, and the speed. */
export async function evaluateSquad(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const { form, questions, misplaced } = parseSquad(await readText(options.data, io));
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

  const predicted = new Map<string, string>();
  const best = new Map<string, string>(); // also where no answer was given
  const leads = new Map<string, number>();
  const { plugin, threshold, wholeWords } = options;
  const asked = { plugin, noAnswer, threshold, wholeWords, top: 1 };
  const seconds = await inChunks(questions, io, "questions", async (chunk) => {
    const inputs = chunk.map(({ question, context }) => ({ question, context }));
    for (const [i, { answer, nullScore, answers }] of (await bert.ask(inputs, asked)).entries()) {
      const { id } = chunk[i];
      predicted.set(id, answer);
      const first = answers.at(0);
      best.set(id, first?.text ?? "");
      leads.set(id, first && nullScore !== undefined ? nullScore - first.score : Number.MAX_VALUE);
    }
  });
  for (const [file, values] of [
    [options.predictions, predicted],
    [options.nullOdds, leads],
  ] as const)
    if (file !== undefined)
      await writeWhole(file, `${JSON.stringify(Object.fromEntries(values), null, 1)}\n`);
  const metrics: Metrics =
    form === "1.1" ? { ...scoreSquad1(questions, predicted) } : scoreSquad2(questions, predicted);
  const tuned = options.tune ? tuneThreshold(questions, best, leads) : {};
  const total = questions.length;
  return { ...metrics, ...tuned, questions: total, seconds, questionsPerSecond: total / seconds };
}
