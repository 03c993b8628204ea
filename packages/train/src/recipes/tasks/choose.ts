/**
 * Multiple choice: each choice is read with the context as a pair, and the rows of a question are compared.
 */
import { ClozeError } from "@cloze/core";
import { parseChoices } from "../../datasets/choices.ts";
import { evaluateChoices } from "../evaluation/choices.ts";
import { knownHead, labelFeeds, ownHead, readBoth, refuse } from "./task.ts";
import type { PreparedTask, TaskContext } from "./task.ts";
import { packTexts } from "./texts.ts";

/** @throws ClozeError `invalid-input`, naming the file and the line; also for questions of unlike numbers of choices. */
export async function prepareChoose(context: TaskContext): Promise<PreparedTask> {
  const { options } = context;
  refuse(options, ["columns", "overlap", "scheme", "multiLabel", "classWeights"]);
  const { train, dev } = await readBoth(options, ({ text, file }) => parseChoices(text, { file }));
  const choices = train.rows[0].choices.length;
  for (const { line, choices: some } of train.rows)
    if (some.length !== choices)
      throw new ClozeError(
        "invalid-input",
        `${train.file}, line ${line}: ${some.length} choices, where the first question has ${choices}: ` +
          "train on questions with as many choices.",
      );
  const known = knownHead(context, "choice");
  const plugin = known ?? ownHead("choice", []);
  const pairs = train.rows.flatMap(({ context: text, question, choices: some }) =>
    some.map((choice) => ({ text, pair: question === undefined ? choice : `${question} ${choice}` })),
  );
  const labels = Int32Array.from(train.rows, ({ label }) => label);
  const counts = new Float32Array(labels.length).fill(1);
  return {
    plugin,
    known: known !== undefined,
    examples: {
      rows: packTexts(context, pairs),
      rowsEach: choices,
      counts,
      labels: labelFeeds(plugin, labels, counts),
    },
    metrics: ["accuracy"],
    rows: { train: train.rows.length, dev: dev.rows.length },
    leftOut: 0,
    choices,
    evaluate: (bert, asked) =>
      evaluateChoices(bert, plugin, dev.rows, { ...asked, maxLength: options.maxLength }),
  };
}
