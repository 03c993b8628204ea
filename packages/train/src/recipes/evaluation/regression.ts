/**
 * Measures regression: numbers of texts.
 */
import type { Classification, Plugin, Predictor } from "@cloze/core";
import { valueOf } from "../../datasets/labels.ts";
import type { LabelledText } from "../../datasets/table.ts";
import { scoreRegression } from "../../metrics/regression.ts";
import { classifyAll, inputOf } from "./classification.ts";
import type { TextEvaluationOptions } from "./classification.ts";
import { pick, placesOf, surest } from "./evaluation.ts";
import type { Evaluation, Metrics } from "./evaluation.ts";

/**
 * Pearson's and Spearman's correlation, and the mean of both, which GLUE goes by.
 *
 * @throws ClozeError `invalid-input` for a label that is no number, naming the file and the line.
 *
 * @example
 * await using bert = await load("models/ratings");
 * const rows = await parseTexts(await readFile("ratings.tsv", "utf8"), { file: "ratings.tsv" });
 * const { metrics } = await evaluateRegression(bert, bert.plugins[0], rows, { file: "ratings.tsv" });
 * metrics.pearson; // 1: two texts, in the right order
 */
export async function evaluateRegression(
  bert: Predictor,
  plugin: Plugin,
  rows: readonly LabelledText[],
  options: TextEvaluationOptions,
): Promise<Evaluation<Classification>> {
  const gold = rows.map((row) => valueOf(row, options.file));
  const results = await classifyAll(bert, plugin, rows, options);
  const said = results.map(({ value }) => value ?? NaN);
  const measure = (places: ArrayLike<number>): Metrics => {
    const { pearson, spearman } = scoreRegression(pick(gold, places), pick(said, places));
    return { pearson, spearman, correlation: (pearson + spearman) / 2 };
  };
  const mistakes = rows.map((row, i) => ({
    input: inputOf(row),
    expected: String(gold[i]),
    found: said[i].toPrecision(3),
    surety: Math.abs(said[i] - gold[i]),
  }));
  return { metrics: measure(placesOf(rows)), measure, mistakes: surest(mistakes), results };
}
