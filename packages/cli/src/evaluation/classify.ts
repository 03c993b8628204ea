/**
 * Classification and regression against labelled texts.
 */
import path from "node:path";
import { ClozeError } from "@cloze/core";
import type { Classification, Predictor } from "@cloze/core";
import { parseTsv } from "@cloze/train/datasets";
import type { LabelledText } from "@cloze/train/datasets";
import { scoreClassification, scoreRegression } from "@cloze/train/metrics";
import { writeWhole } from "../files.ts";
import { readText } from "../input.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../model.ts";
import { checkOutputs, headOf, inChunks } from "./common.ts";
import type { EvaluateOptions, Metrics } from "./common.ts";

/** Classification: accuracy, F1 and Matthews' correlation, and the speed. */
export async function evaluateClassify(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const rows = await readRows(options, io);
  await checkOutputs(options);
  await using bert = await loadModel(options);
  const { name: plugin, labels } = headOf(bert, "sequence", options.plugin);
  const gold = rows.map((row) => classOf(row, labels, path.basename(options.data)));

  const { results, seconds } = await classifyRows(bert, rows, plugin, options, io);
  const predicted = results.map((result) => ("label" in result ? labels.indexOf(result.label) : -1));
  const { accuracy, f1, f1ByClass, matthews } = scoreClassification(gold, predicted, labels.length);
  return {
    accuracy,
    f1,
    ...Object.fromEntries(labels.map((label, i) => [`f1 ${label}`, f1ByClass[i]])),
    matthews,
    texts: rows.length,
    seconds,
    textsPerSecond: rows.length / seconds,
  };
}

/** Regression: the correlation of the values with the right ones, and the speed. */
export async function evaluateRegress(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const rows = await readRows(options, io);
  const gold = rows.map((row) => valueOf(row, path.basename(options.data)));
  await checkOutputs(options);
  await using bert = await loadModel(options);
  const { name: plugin } = headOf(bert, "regression", options.plugin);

  const { results, seconds } = await classifyRows(bert, rows, plugin, options, io);
  const predicted = results.map(({ value }) => value ?? NaN);
  const { pearson, spearman } = scoreRegression(gold, predicted);
  return { pearson, spearman, texts: rows.length, seconds, textsPerSecond: rows.length / seconds };
}

async function readRows({ data, columns }: EvaluateOptions, io: Io): Promise<LabelledText[]> {
  const rows = parseTsv(await readText(data, io), { file: path.basename(data), columns });
  if (rows.length > 0) return rows;
  throw new ClozeError("invalid-input", `${data} has a header and no rows.`);
}

/** What the head says of each row, which is also written where that was asked for. */
async function classifyRows(
  bert: Predictor,
  rows: readonly LabelledText[],
  plugin: string,
  { predictions }: EvaluateOptions,
  io: Io,
): Promise<{ results: Classification[]; seconds: number }> {
  const results: Classification[] = [];
  const seconds = await inChunks(rows, io, "texts", async (chunk) => {
    const inputs = chunk.map(({ text, pair }) => (pair === undefined ? { text } : { text, pair }));
    results.push(...(await bert.classify(inputs, { plugin })));
  });
  if (predictions !== undefined)
    await writeWhole(predictions, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
  return { results, seconds };
}

/** A label's name, or its number from 0. */
function classOf({ label, line }: LabelledText, labels: readonly string[], file: string): number {
  const named = labels.indexOf(label);
  if (named >= 0) return named;
  if (/^\d+$/.test(label) && Number(label) < labels.length) return Number(label);
  throw new ClozeError(
    "invalid-input",
    `${file}, line ${line}: ${JSON.stringify(label)} is no label of this head, which has ${labels.join(", ")}.`,
  );
}

/** A label that is a number. */
function valueOf({ label, line }: LabelledText, file: string): number {
  if (label.trim() !== "" && Number.isFinite(Number(label))) return Number(label);
  throw new ClozeError(
    "invalid-input",
    `${file}, line ${line}: ${JSON.stringify(label)} should be a number, the value of the text.`,
  );
}
