/** `cloze tag`: the names and other entities in each text. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { Tagging, TextInput } from "@cloze/core";
import type { Io } from "../io.ts";
import { positive, shared, wholeNumber } from "../options.ts";
import type { View } from "../output.ts";
import { oneLine, percent, spaced, table } from "../style.ts";

export function addTag(program: Command, io: Io): void {
  program
    .command("tag")
    .description("find names and other entities in texts")
    .argument("[text...]", "texts, one an argument")
    .addOption(shared.input)
    .addOption(shared.model)
    .addOption(shared.plugin)
    .addOption(
      new Option("--aggregation <how>", "how tokens become entities (default: first)").choices([
        "none",
        "simple",
        "first",
        "average",
        "max",
      ] as const),
    )
    .option("--max-length <n>", "tokens of a window (default: the plugin's own)", positive)
    .option("--overlap <n>", "tokens that a window shares with the next (default: 128, or half)", wholeNumber)
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Input lines: {"text": "…"}.

Examples:
  $ cloze tag "Anton Chekhov was born in Taganrog."
  $ cloze tag --input texts.jsonl --aggregation average --json`,
    )
    .action(async (texts, options) => {
      const { answerTexts } = await import("../answer-texts.ts");
      const { plugin, aggregation, maxLength, overlap } = options;
      const how = { plugin, aggregation, maxLength, overlap };
      await answerTexts(texts, options, io, (bert, inputs) => bert.tag(inputs, how), view);
    });
}

/** The text with its entities marked, and a line for each. */
const view: View<TextInput, Tagging> = {
  columns: ["entities", "text"],
  row: ({ entities }, { text }) => [
    entities.map((entity) => `${entity.label}:${entity.start}-${entity.end}`).join(" "),
    text,
  ],
  text({ entities }, { text }, style) {
    let marked = "";
    let at = 0;
    for (const { start, end } of entities) {
      marked += spaced(text.slice(at, start)) + style.mark(oneLine(text.slice(start, end)));
      at = end;
    }
    const rows = entities.map(({ label, score, text: name }) => [label, percent(score), oneLine(name)]);
    const lines = rows.length === 0 ? ["no entities"] : table(rows, [1]);
    return [marked + spaced(text.slice(at)), ...lines.map((line) => `  ${line}`)].join("\n");
  },
};
