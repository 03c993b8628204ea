/** `cloze score squad`: the official SQuAD scorers over a file of predictions. */
import type { Command } from "@commander-js/extra-typings";
import type { Io } from "../io.ts";
import { shared } from "../options.ts";
import { table } from "../style.ts";

export function addScore(program: Command, io: Io): void {
  program
    .command("score")
    .description("score a file of predictions")
    .addHelpText(
      "after",
      "\nExample:\n  $ cloze score squad --data dev-v2.0.json --predictions predictions.json",
    )
    .command("squad")
    .description(
      "SQuAD's official metrics, of evaluate-v1.1.py or evaluate-v2.0.py, whichever the data is for",
    )
    .requiredOption("--data <file>", "questions in SQuAD's JSON form")
    .requiredOption("--predictions <file>", 'a JSON object from question ids to answers: {"id": "text"}')
    .option("--no-answer-probabilities <file>", "a JSON object from question ids to probabilities (2.0)")
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      "\nExample:\n  $ cloze score squad --data dev-v2.0.json --predictions predictions.json --json",
    )
    .action(async ({ data, predictions, answerProbabilities, ...options }) => {
      const { ClozeError } = await import("@cloze/core");
      const { parseSquad } = await import("@cloze/train/datasets");
      const { scoreSquad1, scoreSquad2 } = await import("@cloze/train/metrics");
      const { readText } = await import("../input.ts");
      const { parseProbabilities, parsePredictions } = await import("../predictions.ts");
      const { printOne } = await import("../output.ts");
      const { form, questions } = parseSquad(await readText(data, io));
      const predicted = parsePredictions(await readText(predictions, io), predictions);
      // commander reads `--no-…` as a negation, whose value is true where it is absent.
      const file = typeof answerProbabilities === "string" ? answerProbabilities : undefined;
      if (form === "1.1" && file !== undefined)
        throw new ClozeError(
          "invalid-option",
          "Probabilities of no answer are for SQuAD 2.0; this data is 1.1.",
        );
      const noAnswerProbabilities =
        file === undefined ? undefined : parseProbabilities(await readText(file, io), file);
      const metrics =
        form === "1.1"
          ? scoreSquad1(questions, predicted)
          : scoreSquad2(questions, predicted, { noAnswerProbabilities });
      const missing = questions.filter(({ id }) => !predicted.has(id)).length;
      if (missing > 0)
        await io.stderr.write(
          `${missing} of ${questions.length} questions have no prediction: ` +
            `${form === "1.1" ? "they count as wrong" : "they are left out"}, as in the official script.\n`,
        );
      await printOne(metrics, () => metricsText(metrics), options, io);
    });
}

/** Metrics by name, one a line. */
export function metricsText(metrics: object): string {
  const rows = Object.entries(metrics).map(([name, value]) => [
    name,
    Number.isInteger(value) ? String(value) : Number(value).toFixed(4),
  ]);
  return table(rows, [1]).join("\n");
}
