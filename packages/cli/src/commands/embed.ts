/** `cloze embed`: a vector for each text. */
import type { Command } from "@commander-js/extra-typings";
import type { Embedding, TextInput } from "@cloze/core";
import { Option } from "@commander-js/extra-typings";
import type { Io } from "../io.ts";
import { integers, positive, shared } from "../options.ts";
import type { View } from "../output.ts";
import { fit, oneLine } from "../style.ts";

export function addEmbed(program: Command, io: Io): void {
  program
    .command("embed")
    .description("turn texts into vectors")
    .argument("[text...]", "texts, one an argument")
    .addOption(shared.input)
    .addOption(shared.model)
    .addOption(
      new Option("--pooling <way>", "how a text's tokens become one vector")
        .choices(["mean", "cls", "pooler"] as const)
        .default("mean" as const),
    )
    .option("--layers <list>", "layers to join, -1 being the last and 0 the embeddings", integers, [-1])
    .option("--normalize", "scale each vector to length 1")
    .option("--max-length <n>", "tokens of a text that are read", positive)
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Input lines: {"text": "…", "pair": "…"}, pair being optional.

Examples:
  $ cloze embed --normalize --json "a warm film"
  $ cloze embed --layers -1,-2,-3,-4 --pooling cls --input texts.jsonl --json`,
    )
    .action(async (texts, options) => {
      const { answerTexts } = await import("../answer-texts.ts");
      const { pooling, layers, normalize, maxLength } = options;
      const how = { pooling, layers, normalize, maxLength };
      await answerTexts(texts, options, io, (bert, inputs) => bert.embed(inputs, how), view);
    });
}

const view: View<TextInput, Embedding> = {
  json: ({ embedding, ...rest }) => ({ embedding: Array.from(embedding), ...rest }),
  columns: ["embedding"],
  row: ({ embedding }) => [embedding.join(" ")],
  text({ embedding }, { text, pair }, style) {
    const shown = oneLine(pair === undefined ? text : `${text} | ${pair}`);
    const first = Array.from(embedding.subarray(0, 6), (x) => x.toFixed(4).padStart(8)).join("");
    const length = Math.hypot(...embedding).toFixed(3);
    return `${style.bold(fit(shown, style.width))}\n ${first} … ${style.dim(`(${embedding.length} numbers, length ${length})`)}`;
  },
};
