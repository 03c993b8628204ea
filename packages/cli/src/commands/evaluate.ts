/** `cloze evaluate`: a model's metrics on a data set. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { Io } from "../io.ts";
import { decimal, shared } from "../options.ts";
import { metricsText } from "./score.ts";

export function addEvaluate(program: Command, io: Io): void {
  program
    .command("evaluate")
    .description("measure a model on a data set")
    .addOption(
      new Option("--task <task>", "what the data is of")
        .choices(["squad", "classify", "tag"] as const)
        .makeOptionMandatory(),
    )
    .requiredOption(
      "--data <file>",
      "squad: SQuAD JSON; classify: TSV with a header; tag: CoNLL, a word and its label a line",
    )
    .addOption(shared.model)
    .addOption(shared.plugin)
    .option("--columns <names>", "TSV columns: text,label or text_a,text_b,label", (names) =>
      names.split(","),
    )
    .option(
      "--threshold <score>",
      "no answer if its score leads by more (default: the plugin's own)",
      decimal,
    )
    .option("--predictions <file>", "write the predictions")
    .option("--null-odds <file>", "write by how much no answer leads, for each question (SQuAD 2.0)")
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Labels are names or their numbers from 0. SQuAD 2.0's form may have no answer; 1.1's always has one.

Examples:
  $ cloze evaluate --task classify --data dev.tsv
  $ cloze evaluate --task tag --data dev.conll
  $ cloze evaluate --task squad --data dev-v2.0.json --predictions predictions.json --json`,
    )
    .action(async (options) => {
      const { ClozeError } = await import("@cloze/core");
      const { evaluateClassify, evaluateSquad, evaluateTag } = await import("../evaluation.ts");
      const { printOne } = await import("../output.ts");
      const { task, columns, threshold, nullOdds } = options;
      const misplaced = {
        ...(task !== "classify" && { columns }),
        ...(task !== "squad" && { threshold, "null-odds": nullOdds }),
      };
      for (const [name, value] of Object.entries(misplaced))
        if (value !== undefined)
          throw new ClozeError("invalid-option", `--${name} is not for --task ${task}: leave it out.`, {
            field: name,
          });
      const evaluate = { squad: evaluateSquad, classify: evaluateClassify, tag: evaluateTag }[task];
      const metrics = await evaluate(options, io);
      await printOne(metrics, () => metricsText(metrics), options, io);
    });
}
