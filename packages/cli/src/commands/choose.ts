/** `cloze choose`: which of several texts goes best with another. */
import type { Command } from "@commander-js/extra-typings";
import type { Choice, ChoiceQuestion } from "@cloze/core";
import type { Io } from "../io.ts";
import { positive, shared } from "../options.ts";
import type { View } from "../output.ts";
import { fit, oneLine, percent, table } from "../style.ts";

export function addChoose(program: Command, io: Io): void {
  program
    .command("choose")
    .description("choose which of several texts goes on with another")
    .argument("[context]", "the text that is gone on with, or that a question is about")
    .argument("[choice...]", "two texts or more")
    .option("--question <question>", "what is asked about the context")
    .addOption(shared.input)
    .addOption(shared.model)
    .addOption(shared.plugin)
    .option("--max-length <n>", "tokens of the context with one choice that are read", positive)
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Input lines: {"context": "…", "question": "…", "choices": ["…", "…"]}, question being optional.
The model has to have a head for it: BertForMultipleChoice, or a plugin of kind choice.

Examples:
  $ cloze choose "He turned on the tap." "Water ran." "The lamp shone." --model models/copa
  $ cloze choose "He is wet." "It rained." "It snows." --question "Why?" --model models/copa
  $ cloze choose --input questions.jsonl --model models/copa --json`,
    )
    .action(async (context, choices, options) => {
      const { ClozeError } = await import("@cloze/core");
      const { answerAll } = await import("../answer.ts");
      const { checkChoice, expectOneSource, fromArguments, fromJsonLines } = await import("../input.ts");
      const { loadModel } = await import("../model.ts");
      const { input, question, plugin, maxLength } = options;
      if (context !== undefined && choices.length < 2)
        throw new ClozeError(
          "invalid-option",
          "Give a context and two choices or more, each an argument in quotation marks.",
        );
      if (input !== undefined && question !== undefined)
        throw new ClozeError(
          "invalid-option",
          "In a file each line has its own question: leave --question out.",
          {
            field: "question",
          },
        );
      const given =
        context === undefined ? [] : [{ context, ...(question !== undefined && { question }), choices }];
      expectOneSource(given.length, input, "a context and its choices");
      await using bert = await loadModel(options);
      const items = input === undefined ? fromArguments(given) : fromJsonLines(input, io, checkChoice);
      const run = (questions: readonly ChoiceQuestion[]) => bert.choose(questions, { plugin, maxLength });
      await answerAll(items, run, view, options, io);
    });
}

/** The context with its choices, best first. */
const view: View<ChoiceQuestion, Choice> = {
  columns: ["choice", "score", "text", "context", "question"],
  row: ({ choice, scores }, { context, question, choices }) => [
    choice,
    scores[choice],
    choices[choice],
    context,
    question ?? null,
  ],
  text({ scores, truncated }, { context, question, choices }, style) {
    const cut = truncated ? style.dim(" (cut to the model's length)") : "";
    const asked = oneLine(question === undefined ? context : `${context} ${question}`);
    const order = choices.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
    const rows = order.map((i) => [percent(scores[i]), fit(oneLine(choices[i]), 60), style.bar(scores[i])]);
    return [style.bold(asked) + cut, ...table(rows, [0]).map((line) => `  ${line}`)].join("\n");
  },
};
