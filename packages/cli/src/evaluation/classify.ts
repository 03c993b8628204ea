/**
 * Classification and regression against labelled texts.
 */
import path from "node:path";
import { ClozeError } from "@cloze/core";
import type { Predictor } from "@cloze/core";
import { parseTexts } from "@cloze/train/datasets";
import type { LabelledText } from "@cloze/train/datasets";
import { evaluateClassification, evaluateRegression } from "@cloze/train/evaluate";
import { readText } from "../input.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../model.ts";
import { checkOutputs, headOf, timed, writeResults } from "./common.ts";
import type { EvaluateOptions, Metrics } from "./common.ts";

/** Classification: accuracy, F1 and Matthews' correlation (of several labels a text micro and macro F1), and the speed. */
export async function evaluateClassify(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const rows = await readRows(options, io);
  await checkOutputs(options);
  await using bert = await loadModel(options);
  return await measure(
    bert,
    rows,
    evaluateClassification,
    headOf(bert, "sequence", options.plugin, "multi-label"),
    options,
    io,
  );
}

/** Regression: the correlation of the values with the right ones, and the speed. */
export async function evaluateRegress(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const rows = await readRows(options, io);
  await checkOutputs(options);
  await using bert = await loadModel(options);
  return await measure(
    bert,
    rows,
    evaluateRegression,
    headOf(bert, "regression", options.plugin),
    options,
    io,
  );
}

async function readRows({ data, columns }: EvaluateOptions, io: Io): Promise<LabelledText[]> {
  const rows = await parseTexts(await readText(data, io), { file: path.basename(data), columns });
  if (rows.length > 0) return rows;
  throw new ClozeError("invalid-input", `${data} has a header and no rows.`);
}

async function measure(
  bert: Predictor,
  rows: readonly LabelledText[],
  evaluate: typeof evaluateClassification,
  plugin: ReturnType<typeof headOf>,
  { data, predictions }: EvaluateOptions,
  io: Io,
): Promise<Metrics> {
  const file = path.basename(data);
  const { result, seconds } = await timed(rows.length, "texts", io, (onProgress) =>
    evaluate(bert, plugin, rows, { file, onProgress }),
  );
  await writeResults(predictions, result.results);
  return { ...result.metrics, texts: rows.length, seconds, textsPerSecond: rows.length / seconds };
}
