/** `cloze next`: whether one text follows another. */
import type { Command } from "@commander-js/extra-typings";
import type { NextSentence, TextPair } from "@cloze/core";
import type { Io } from "../io.ts";
import { positive, shared } from "../options.ts";
import type { View } from "../output.ts";
import { fit, oneLine, percent, table } from "../style.ts";

export function addNext(program: Command, io: Io): void {
  program
    .command("next")
    .description("say whether one text follows another")
    .argument("[text]", "the text that may be followed")
    .argument("[pair]", "the text that may follow")
    .addOption(shared.input)
    .addOption(shared.model)
    .addOption(shared.plugin)
    .option("--max-length <n>", "tokens of both texts that are read", positive)
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Input lines: {"text": "…", "pair": "…"}.

Examples:
  $ cloze next "He went to the shop." "He bought a loaf of bread."
  $ cloze next --input pairs.jsonl --json`,
    )
    .action(async (text, pair, options) => {
      const { ClozeError } = await import("@cloze/core");
      const { answerAll } = await import("../answer.ts");
      const { checkPair, expectOneSource, fromArguments, fromJsonLines } = await import("../input.ts");
      const { loadModel } = await import("../model.ts");
      const { input, plugin, maxLength } = options;
      if (text !== undefined && pair === undefined)
        throw new ClozeError("invalid-option", "Give two texts, two arguments in quotation marks.");
      const given = text === undefined || pair === undefined ? [] : [{ text, pair }];
      expectOneSource(given.length, input, "two texts");
      await using bert = await loadModel(options);
      const items = input === undefined ? fromArguments(given) : fromJsonLines(input, io, checkPair);
      const run = (pairs: readonly TextPair[]) => bert.next(pairs, { plugin, maxLength });
      await answerAll(items, run, view(input === undefined), options, io);
    });
}

/** A pair alone shows both probabilities, of several each is one line. */
function view(alone: boolean): View<TextPair, NextSentence> {
  return {
    columns: ["isNext", "text", "pair"],
    row: ({ isNext }, { text, pair }) => [isNext, text, pair],
    text({ isNext, truncated }, { text, pair }, style) {
      const cut = truncated ? style.dim(" (cut to the model's length)") : "";
      if (!alone) {
        const shown = fit(oneLine(`${text} | ${pair}`), style.width - 11);
        return `${style.bold(percent(isNext))}  ${shown}${cut}`;
      }
      const rows = [
        ["follows", percent(isNext), style.bar(isNext)],
        ["does not", percent(1 - isNext), style.bar(1 - isNext)],
      ];
      return table(rows).join("\n") + cut;
    },
  };
}
