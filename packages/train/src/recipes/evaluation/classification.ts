/**
 * Measures classification: one label a text, or any number of them.
 */
import type { Classification, Plugin, Predictor } from "@cloze/core";
import { classesOf, classOf } from "../../datasets/labels.ts";
import type { LabelledText } from "../../datasets/table.ts";
import { scoreClassification } from "../../metrics/classification.ts";
import { scoreMultiLabel } from "../../metrics/multi-label.ts";
import { askAll, pick, placesOf, surest } from "./evaluation.ts";
import type { AskedOptions, Evaluation, Metrics } from "./evaluation.ts";

/** What texts are measured with. */
export interface TextEvaluationOptions extends AskedOptions {
  /** What errors call the file. */
  readonly file: string;
}

/**
 * Accuracy, F1 (their mean, and each label's) and Matthews' correlation; where a text has several labels the share of
 * texts that are right, micro and macro F1.
 *
 * @throws ClozeError `invalid-input` for a label that the head does not have, naming the file and the line.
 *
 * @example
 * const rows = await parseTexts(await readFile("dev.tsv", "utf8"), { file: "dev.tsv" });
 * const { metrics } = await evaluateClassification(bert, plugin, rows, { file: "dev.tsv" });
 * metrics.accuracy; // 1
 */
export async function evaluateClassification(
  bert: Predictor,
  plugin: Plugin,
  rows: readonly LabelledText[],
  options: TextEvaluationOptions,
): Promise<Evaluation<Classification>> {
  const { labels, kind } = plugin;
  const multi = kind === "multi-label";
  const gold = rows.map((row) =>
    multi ? classesOf(row, labels, options.file) : [classOf(row, labels, options.file)],
  );
  const results = await classifyAll(bert, plugin, rows, options);
  const said = results.map(({ label, scores }) => {
    if (!multi) return [labels.indexOf(label ?? "")];
    return labels.flatMap((name, i) => ((scores?.[name] ?? 0) > 0.5 ? [i] : []));
  });
  const measure = multi ? measureMany(gold, said, labels) : measureOne(gold, said, labels);
  const names = (classes: readonly number[]): string => classes.map((i) => labels[i]).join(", ");
  const mistakes = rows.flatMap((row, i) => {
    const [expected, found] = [names(gold[i].toSorted((a, b) => a - b)), names(said[i])];
    return expected === found
      ? []
      : [{ input: inputOf(row), expected, found, surety: results[i].score ?? 0 }];
  });
  return { metrics: measure(placesOf(rows)), measure, mistakes: surest(mistakes), results };
}

type Classes = readonly (readonly number[])[];

function measureOne(gold: Classes, said: Classes, labels: readonly string[]): Evaluation["measure"] {
  return (places): Metrics => {
    const [right, found] = [gold, said].map((all) => pick(all, places).map(([one]) => one));
    const { accuracy, f1, f1ByClass, matthews } = scoreClassification(right, found, labels.length);
    return { accuracy, f1, ...byLabel(labels, f1ByClass), matthews };
  };
}

function measureMany(gold: Classes, said: Classes, labels: readonly string[]): Evaluation["measure"] {
  const table = (all: Classes, places: ArrayLike<number>): number[] =>
    pick(all, places).flatMap((classes) => labels.map((_, i) => (classes.includes(i) ? 1 : 0)));
  return (places): Metrics => {
    const scores = scoreMultiLabel(table(gold, places), table(said, places), labels.length);
    const { exact, microF1, macroF1, f1ByLabel } = scores;
    return { exact, microF1, macroF1, ...byLabel(labels, f1ByLabel) };
  };
}

function byLabel(labels: readonly string[], f1: readonly number[]): Metrics {
  return Object.fromEntries(labels.map((label, i) => [`f1 ${label}`, f1[i]]));
}

/** What the head says of each text. */
export function classifyAll(
  bert: Predictor,
  { name }: Plugin,
  rows: readonly LabelledText[],
  options: TextEvaluationOptions,
): Promise<Classification[]> {
  const { maxLength } = options;
  return askAll(rows, options, (chunk) => {
    const inputs = chunk.map(({ text, pair }) => (pair === undefined ? { text } : { text, pair }));
    return bert.classify(inputs, { plugin: name, maxLength });
  });
}

/** A text or a pair as people read it. */
export function inputOf({ text, pair }: LabelledText): string {
  return pair === undefined ? text : `${text} | ${pair}`;
}
