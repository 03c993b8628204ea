/**
 * Tagging against CoNLL files.
 */
import path from "node:path";
import { ClozeError } from "@cloze/core";
import { parseConll } from "@cloze/train/datasets";
import type { TaggedSentence } from "@cloze/train/datasets";
import { evaluateTags } from "@cloze/train/evaluate";
import { writeWhole } from "../files.ts";
import { readText } from "../input.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../model.ts";
import { checkOutputs, headOf, timed } from "./common.ts";
import type { EvaluateOptions, Metrics } from "./common.ts";

/** Tagging: precision, recall and F1 of whole entities, and the speed. */
export async function evaluateTag(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const file = path.basename(options.data);
  const sentences = parseConll(await readText(options.data, io), { file });
  if (sentences.length === 0) throw new ClozeError("invalid-input", `${options.data} has no words.`);
  await checkOutputs(options);
  await using bert = await loadModel(options);
  const plugin = headOf(bert, "token", options.plugin);

  const total = sentences.length;
  const { result, seconds } = await timed(total, "sentences", io, (onProgress) =>
    evaluateTags(bert, plugin, sentences, { file, onProgress }),
  );
  const { metrics, results } = result;
  if (options.predictions !== undefined)
    await writeWhole(
      options.predictions,
      sentences.map((one, i) => conll(one, results[i].labels)).join("\n"),
    );
  return { ...metrics, sentences: total, seconds, sentencesPerSecond: total / seconds };
}

/** A sentence as conlleval reads it: word, right label, predicted one. */
function conll({ words, labels }: TaggedSentence, predicted: readonly string[]): string {
  return words.map((word, i) => `${word}\t${labels[i]}\t${predicted[i]}\n`).join("");
}
