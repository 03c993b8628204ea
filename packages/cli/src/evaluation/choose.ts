/**
 * Multiple choice against JSON Lines with labels.
 */
import path from "node:path";
import { ClozeError } from "@cloze/core";
import type { Choice } from "@cloze/core";
import { parseChoices } from "@cloze/train/datasets";
import { writeWhole } from "../files.ts";
import { openText } from "../input.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../model.ts";
import { checkOutputs, headOf, inChunks } from "./common.ts";
import type { EvaluateOptions, Metrics } from "./common.ts";

/** Multiple choice: how often the right one is chosen, and the speed. */
export async function evaluateChoose(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const { data, predictions } = options;
  const questions = await parseChoices(openText(data, io), { file: path.basename(data) });
  if (questions.length === 0) throw new ClozeError("invalid-input", `${data} has no questions.`);
  await checkOutputs(options);
  await using bert = await loadModel(options);
  const { name: plugin } = headOf(bert, "choice", options.plugin);

  const results: Choice[] = [];
  const seconds = await inChunks(questions, io, "questions", async (chunk) => {
    results.push(...(await bert.choose(chunk, { plugin })));
  });
  if (predictions !== undefined)
    await writeWhole(predictions, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
  const right = questions.filter(({ label }, i) => results[i].choice === label).length;
  const total = questions.length;
  return { accuracy: right / total, questions: total, seconds, questionsPerSecond: total / seconds };
}
