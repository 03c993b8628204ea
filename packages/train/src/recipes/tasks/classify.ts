/**
 * Classification: texts or pairs of texts with one label each, or with any number of labels.
 */
import type { HeadKind, Plugin } from "@cloze/core";
import { classesOf, classOf, findLabels } from "../../datasets/labels.ts";
import type { LabelledText } from "../../datasets/table.ts";
import { evaluateClassification } from "../evaluation/classification.ts";
import { checkLabels, countClasses, weightsOf } from "./labels.ts";
import { knownHead, labelFeeds, ownHead, refuse } from "./task.ts";
import type { PreparedTask, Source, TaskContext } from "./task.ts";
import { packTexts, readTexts } from "./texts.ts";

/** @throws ClozeError `invalid-input`, naming the file and the line. */
export async function prepareClassify(context: TaskContext): Promise<PreparedTask> {
  const { options } = context;
  const { multiLabel: multi = false, maxLength } = options;
  refuse(options, multi ? ["overlap", "scheme", "labelSmoothing", "classWeights"] : ["overlap", "scheme"]);
  const { train, dev } = await readTexts(context);
  const { plugin, known } = findPlugin(context, train, multi ? "multi-label" : "sequence");
  const { labels } = plugin;
  const classes = (source: Source<LabelledText>): number[][] =>
    source.rows.map((row) =>
      multi ? classesOf(row, labels, source.file) : [classOf(row, labels, source.file)],
    );
  const gold = classes(train);
  const occurrences = countClasses(gold.flat(), labels.length);
  checkLabels(labels, occurrences, train.file, options);
  classes(dev); // what is no label is refused now, not after an epoch

  const rows = packTexts(context, train.rows);
  const weights = weightsOf(options.classWeights, labels, occurrences);
  const counts = Float32Array.from(gold, ([one]) => (multi ? 1 : weights[one]));
  const feeds = multi
    ? labelFeeds(plugin, manyHot(gold, labels.length), counts, [labels.length])
    : labelFeeds(
        plugin,
        Int32Array.from(gold, ([one]) => one),
        counts,
      );
  return {
    plugin,
    known,
    problem: multi ? "multi-label" : "single-label",
    examples: { rows, rowsEach: 1, counts, labels: feeds },
    metrics: multi ? ["microF1", "macroF1", "exact"] : ["accuracy", "f1", "matthews"],
    rows: { train: train.rows.length, dev: dev.rows.length },
    leftOut: 0,
    evaluate: (bert, asked) =>
      evaluateClassification(bert, plugin, dev.rows, { ...asked, file: dev.file, maxLength }),
  };
}

/** The model's own head where it has all labels, else a new one. */
function findPlugin(
  context: TaskContext,
  { rows, file }: Source<LabelledText>,
  kind: HeadKind,
): Pick<PreparedTask, "plugin" | "known"> {
  const multi = kind === "multi-label";
  const own = knownHead(context, kind);
  if (own && fits(own, rows, multi)) return { plugin: own, known: true };
  const problem = multi ? "multi-label" : "single-label";
  return { plugin: ownHead(kind, findLabels(rows, { file, multi }), problem), known: false };
}

function fits({ labels }: Plugin, rows: readonly LabelledText[], multi: boolean): boolean {
  try {
    for (const row of rows) (multi ? classesOf : classOf)(row, labels, "");
    return true;
  } catch {
    return false;
  }
}

/** 1 for each label of each text, else 0: [texts, labels]. */
function manyHot(classes: readonly (readonly number[])[], labels: number): Float32Array {
  const hot = new Float32Array(classes.length * labels);
  for (const [i, some] of classes.entries()) for (const one of some) hot[i * labels + one] = 1;
  return hot;
}
