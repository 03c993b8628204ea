/**
 * Regression: texts or pairs of texts with a number each.
 */
import { valueOf } from "../../datasets/labels.ts";
import { evaluateRegression } from "../evaluation/regression.ts";
import { knownHead, labelFeeds, ownHead, refuse } from "./task.ts";
import type { PreparedTask, TaskContext } from "./task.ts";
import { packTexts, readTexts } from "./texts.ts";

/** @throws ClozeError `invalid-input`, naming the file and the line. */
export async function prepareRegress(context: TaskContext): Promise<PreparedTask> {
  const { options } = context;
  refuse(options, ["overlap", "scheme", "multiLabel", "classWeights", "labelSmoothing"]);
  const { train, dev } = await readTexts(context);
  const known = knownHead(context, "regression");
  const plugin = known ?? ownHead("regression", ["value"], "regression");
  const values = Float32Array.from(train.rows, (row) => valueOf(row, train.file));
  for (const row of dev.rows) valueOf(row, dev.file); // what is no number is refused now, not after an epoch
  const rows = packTexts(context, train.rows);
  const counts = new Float32Array(values.length).fill(1);
  return {
    plugin,
    known: known !== undefined,
    problem: "regression",
    examples: { rows, rowsEach: 1, counts, labels: labelFeeds(plugin, values, counts) },
    metrics: ["correlation", "pearson", "spearman"],
    rows: { train: train.rows.length, dev: dev.rows.length },
    leftOut: 0,
    evaluate: (bert, asked) =>
      evaluateRegression(bert, plugin, dev.rows, { ...asked, file: dev.file, maxLength: options.maxLength }),
  };
}
