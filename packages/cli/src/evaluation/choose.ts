/**
 * Multiple choice against JSON Lines, or CSV, with labels.
 */
import path from "node:path";
import { ClozeError } from "@cloze/core";
import { parseChoices } from "@cloze/train/datasets";
import { evaluateChoices } from "@cloze/train/evaluate";
import { openText } from "../input.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../model.ts";
import { checkOutputs, headOf, timed, writeResults } from "./common.ts";
import type { EvaluateOptions, Metrics } from "./common.ts";

/** Multiple choice: how often the right one is chosen, and the speed. */
export async function evaluateChoose(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const { data, predictions } = options;
  const questions = await parseChoices(openText(data, io), { file: path.basename(data) });
  if (questions.length === 0) throw new ClozeError("invalid-input", `${data} has no questions.`);
  await checkOutputs(options);
  await using bert = await loadModel(options);
  const plugin = headOf(bert, "choice", options.plugin);

  const total = questions.length;
  const { result, seconds } = await timed(total, "questions", io, (onProgress) =>
    evaluateChoices(bert, plugin, questions, { onProgress }),
  );
  await writeResults(predictions, result.results);
  return { ...result.metrics, questions: total, seconds, questionsPerSecond: total / seconds };
}
