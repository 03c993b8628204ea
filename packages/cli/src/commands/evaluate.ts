/** `cloze evaluate`: a model's metrics on a data set. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { EvaluateOptions, Metrics } from "../evaluation.ts";
import type { Io } from "../io.ts";
import { decimal, positive, shared, wholeNumber, words } from "../options.ts";
import { metricsText } from "./score.ts";

export function addEvaluate(program: Command, io: Io): void {
  program
    .command("evaluate")
    .description("measure a model on a data set")
    .addOption(
      new Option("--task <task>", "what the data is of")
        .choices(["squad", "classify", "regress", "tag", "choose", "fill"] as const)
        .makeOptionMandatory(),
    )
    .requiredOption(
      "--data <file>",
      "squad: SQuAD JSON; classify, regress: TSV with a header; tag: CoNLL, a word and its label a line; " +
        "choose: JSON Lines; fill: plain text, a blank line between documents, or .gz",
    )
    .addOption(shared.model)
    .addOption(shared.plugin)
    .option("--columns <names>", "of a table: text,label or text_a,text_b,label", words)
    .option(
      "--threshold <score>",
      "no answer if its score leads by more (default: the plugin's own)",
      decimal,
    )
    .option("--no-answer", "let there be no answer, though the data always has one (SQuAD 1.1's form)")
    .option("--tune", "find the thresholds of the best exact and the best F1 on this data (SQuAD 2.0's form)")
    .option("--whole-words", "let answers begin and end with whole words (squad)")
    .option("--seed <n>", "of the masks (fill; default: 1)", wholeNumber)
    .option("--length <n>", "tokens of an example (fill; default: 128)", positive)
    .option("--predictions <file>", "write the predictions")
    .option("--null-odds <file>", "write by how much no answer leads, for each question (SQuAD 2.0)")
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Labels are names or their numbers from 0, of regress the values. SQuAD 2.0's form may have no answer; 1.1's always has
one. Lines of choose: {"context": "…", "question": "…", "choices": ["…", "…"], "label": 0}, question being optional.

Examples:
  $ cloze evaluate --task classify --data dev.tsv
  $ cloze evaluate --task regress --data sts.tsv --columns text_a,text_b,score --model models/sts
  $ cloze evaluate --task tag --data dev.conll
  $ cloze evaluate --task choose --data dev.jsonl --model models/copa
  $ cloze evaluate --task fill --data valid.txt.gz --model models/own
  $ cloze evaluate --task squad --data dev-v2.0.json --predictions predictions.json --json
  $ cloze evaluate --task squad --data dev-v2.0.json --tune`,
    )
    .action(async (options) => {
      const { ClozeError } = await import("@cloze/core");
      const evaluation = await import("../evaluation.ts");
      const { printOne } = await import("../output.ts");
      const { task } = options;
      for (const [name, { given, tasks }] of Object.entries(particular(options)))
        if (given && !tasks.includes(task))
          throw new ClozeError("invalid-option", `--${name} is not for --task ${task}: leave it out.`, {
            field: name,
          });
      const evaluate = {
        squad: evaluation.evaluateSquad,
        classify: evaluation.evaluateClassify,
        regress: evaluation.evaluateRegress,
        tag: evaluation.evaluateTag,
        choose: evaluation.evaluateChoose,
        fill: evaluation.evaluateFill,
      }[task];
      const metrics = await evaluate(options, io);
      const text = options.tune ? `${metricsText(metrics)}\n\n${advice(metrics)}` : metricsText(metrics);
      await printOne(metrics, () => text, options, io);
    });
}

type Task = "squad" | "classify" | "regress" | "tag" | "choose" | "fill";

/** The options that are not for every task. */
function particular({
  columns,
  threshold,
  answer,
  tune,
  wholeWords,
  nullOdds,
  seed,
  length,
  predictions,
}: EvaluateOptions) {
  const squad: readonly Task[] = ["squad"];
  const texts: readonly Task[] = ["classify", "regress"];
  const fill: readonly Task[] = ["fill"];
  const scored: readonly Task[] = ["squad", "classify", "regress", "tag", "choose"];
  return {
    seed: { given: seed !== undefined, tasks: fill },
    length: { given: length !== undefined, tasks: fill },
    predictions: { given: predictions !== undefined, tasks: scored },
    columns: { given: columns !== undefined, tasks: texts },
    threshold: { given: threshold !== undefined, tasks: squad },
    "no-answer": { given: answer === false, tasks: squad },
    tune: { given: tune, tasks: squad },
    "whole-words": { given: wholeWords, tasks: squad },
    "null-odds": { given: nullOdds !== undefined, tasks: squad },
  };
}

/** What to do with thresholds that were found. */
function advice({ best_exact_thresh: exact, best_f1_thresh: f1 }: Metrics): string {
  return [
    `No answer where it leads by more than ${f1} gives the best F1, by more than ${exact} the best exact.`,
    `To have it so: cloze ask --no-answer --threshold ${f1}, or "threshold": ${f1} in the head's plugin.json.`,
    "Such a threshold is the best in hindsight: measure it on other data.",
  ].join("\n");
}
