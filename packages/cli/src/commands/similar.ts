/** `cloze similar`: texts ranked by how near they are to another. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { Similar } from "@cloze/core";
import type { Io } from "../io.ts";
import { positive, shared } from "../options.ts";
import type { View } from "../output.ts";
import { fit, oneLine } from "../style.ts";

export function addSimilar(program: Command, io: Io): void {
  program
    .command("similar")
    .description("rank texts by how near they are to another")
    .argument("<query>", "the text that the others are compared with")
    .argument("[text...]", "the other texts, one an argument")
    .addOption(shared.input)
    .option("--lines", "the input is plain text, one text a line")
    .addOption(shared.model)
    .option("--top <k>", "print the k nearest (default: all)", positive)
    .addOption(
      new Option("--pooling <way>", "how a text's tokens become one vector")
        .choices(["mean", "cls", "pooler"] as const)
        .default("mean" as const),
    )
    .addOption(shared.layers)
    .addOption(shared.weights)
    .option(
      "--max-length <n>",
      "tokens of a text that are read (default: all that the model takes)",
      positive,
    )
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Input lines: {"text": "…"}. Results are the nearest first; index is the text's place among those given, from 0.

Examples:
  $ cloze similar "a dog runs" "a puppy is running" "the market fell"
  $ cloze similar "how to return a parcel" --input questions.jsonl --top 5 --json
  $ cloze similar "it rained all day" --lines --input sentences.txt --top 10`,
    )
    .action(async (query, texts, options) => {
      const { ClozeError } = await import("@cloze/core");
      const { checkText, expectOneSource, fromArguments, fromJsonLines, fromLines } =
        await import("../input.ts");
      const { loadModel } = await import("../model.ts");
      const { printNearest } = await import("../nearest.ts");
      const { input, lines, top, pooling, layers, weights, maxLength } = options;
      expectOneSource(texts.length, input, "texts to compare");
      if (lines && input === undefined)
        throw new ClozeError("invalid-option", "--lines says how to read --input FILE: give both.");
      await using bert = await loadModel(options);
      const items =
        input === undefined
          ? fromArguments(texts.map((text) => ({ text })))
          : lines
            ? fromLines(input, io)
            : fromJsonLines(input, io, checkText);
      const how = { pooling, layers, weights, maxLength };
      await printNearest((some) => bert.similar(query, some, how), items, top, view, options, io);
    });
}

const view: View<undefined, Similar> = {
  columns: ["index", "score", "text"],
  row: ({ index, text, score }) => [index, score, text],
  text: ({ text, score }, _, style) =>
    `${score.toFixed(4).padStart(7)}  ${fit(oneLine(text), style.width - 9)}`,
};
