/** `cloze ask`: the part of a context that answers a question. */
import type { Command } from "@commander-js/extra-typings";
import type { Answer, Question } from "@cloze/core";
import type { Io } from "../io.ts";
import { decimal, positive, shared, wholeNumber } from "../options.ts";
import type { View } from "../output.ts";
import { fit, oneLine, percent, spaced, table } from "../style.ts";
import type { Style } from "../style.ts";

export function addAsk(program: Command, io: Io): void {
  program
    .command("ask")
    .description("answer questions from a context")
    .argument("[question]", "the question")
    .argument("[context]", "the text that holds the answer")
    .addOption(shared.input)
    .addOption(shared.model)
    .addOption(shared.plugin)
    .option("--top <k>", "print the k best answers (default: 20)", positive)
    .option("--max-length <n>", "tokens of a window (default: 384)", positive)
    .option("--overlap <n>", "tokens that a window shares with the next (default: 128)", wholeNumber)
    .option("--max-question <n>", "tokens of the question that are read (default: 64)", positive)
    .option("--max-answer <n>", "the longest answer in tokens (default: 30)", positive)
    .option("--whole-words", "let answers begin and end with whole words")
    .option("--no-answer", "let there be no answer, as in SQuAD 2.0")
    .option(
      "--threshold <score>",
      "no answer if its score leads by more (default: the plugin's own)",
      decimal,
    )
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Input lines: {"id": "…", "question": "…", "context": "…"}, id being optional.

Examples:
  $ cloze ask "Who wrote it?" "The play was written by Anton Chekhov in 1896."
  $ cloze ask --input questions.jsonl --no-answer --json > answers.jsonl`,
    )
    .action(async (question, context, options) => {
      const { ClozeError } = await import("@cloze/core");
      const { checkQuestion, expectOneSource, fromArguments, fromJsonLines } = await import("../input.ts");
      const { answerAll } = await import("../answer.ts");
      const { loadModel } = await import("../model.ts");
      const { input, answer, json: _json, format: _format, ...asked } = options;
      if (question !== undefined && context === undefined)
        throw new ClozeError(
          "invalid-option",
          "Give a question and a context, two arguments in quotation marks.",
        );
      const given = question === undefined || context === undefined ? [] : [{ question, context }];
      expectOneSource(given.length, input, "a question and a context");
      if (answer && options.threshold !== undefined)
        throw new ClozeError(
          "invalid-option",
          "A threshold decides about no answer: give --no-answer with it.",
          {
            field: "threshold",
          },
        );
      await using bert = await loadModel(options);
      const items = input === undefined ? fromArguments(given) : fromJsonLines(input, io, checkQuestion);
      const run = (questions: readonly Question[]) => bert.ask(questions, { ...asked, noAnswer: !answer });
      await answerAll(items, run, view(options.top ?? 3, input === undefined), options, io);
    });
}

/** A question alone ends with its answers, of several each with a blank line. */
function view(top: number, alone: boolean): View<Question, Answer> {
  return {
    columns: ["id", "answer", "start", "end", "score", "nullScore", "question"],
    row: ({ id, answer, start, end, score, nullScore }, { question }) => [
      id ?? null,
      answer,
      start,
      end,
      score,
      nullScore ?? null,
      question,
    ],
    text({ id, start, end, answers, nullScore }, { question, context }, style) {
      const name = id === undefined ? "" : style.dim(`${id}  `);
      const lines = [name + style.bold(oneLine(question))];
      if (start === null || end === null) {
        const best = answers.at(0);
        const lead =
          best && nullScore !== undefined
            ? `it leads by ${(nullScore - best.score).toFixed(2)}`
            : "nothing to read";
        lines.push(`  no answer (${lead})`, "");
      } else lines.push(`  ${excerpt(context, start, end, style)}`, "");
      const rows = answers
        .slice(0, top)
        .map(({ text, score, probability }) => [
          percent(probability),
          score.toFixed(2),
          fit(oneLine(text), 60),
          style.bar(probability),
        ]);
      lines.push(...table(rows, [0, 1]).map((line) => `  ${line}`));
      return lines.join("\n").trimEnd() + (alone ? "" : "\n");
    },
  };
}

/** How much of the context is shown on each side of an answer, in characters. */
const AROUND = 160;

/** The answer marked in its context. */
function excerpt(context: string, start: number, end: number, style: Style): string {
  const before = spaced(context.slice(Math.max(0, start - AROUND), start));
  const after = spaced(context.slice(end, end + AROUND));
  const head = start > AROUND ? `… ${before.slice(before.indexOf(" ") + 1)}` : before.trimStart();
  const tail =
    end + AROUND < context.length ? `${after.slice(0, after.lastIndexOf(" "))} …` : after.trimEnd();
  return head + style.mark(oneLine(context.slice(start, end))) + tail;
}
