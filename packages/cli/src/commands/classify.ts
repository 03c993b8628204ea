/** `cloze classify`: a label, or a number, for each text. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { Classification, TextInput } from "@cloze/core";
import type { Io } from "../io.ts";
import { positive, shared } from "../options.ts";
import type { View } from "../output.ts";
import { fit, oneLine, percent } from "../style.ts";

export function addClassify(program: Command, io: Io): void {
  program
    .command("classify")
    .description("label texts, or pairs of texts")
    .argument("[text...]", "texts, one an argument")
    .addOption(shared.input)
    .addOption(shared.model)
    .addOption(shared.plugin)
    .option("--top <k>", "print the k best labels (default: all)", positive)
    .addOption(
      new Option("--function <name>", "how logits become scores (default: as the head was trained)").choices([
        "softmax",
        "sigmoid",
        "none",
      ] as const),
    )
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
Input lines: {"text": "…", "pair": "…"}, pair being optional.

Examples:
  $ cloze classify "a warm , funny and touching film" "dull and far too long"
  $ echo '{"text":"a warm film"}' | cloze classify --input - --json`,
    )
    .action(async (texts, options) => {
      const { answerTexts } = await import("../answer-texts.ts");
      const { plugin, top, maxLength, function: apply } = options;
      const shown = view(texts.length === 1, apply === "none" ? logit : percent);
      await answerTexts(
        texts,
        options,
        io,
        (bert, inputs) => bert.classify(inputs, { plugin, top, maxLength, function: apply }),
        shown,
      );
    });
}

/** A score that is no share of 1, as wide as `percent` makes one. */
function logit(score: number): string {
  return score.toFixed(4).padStart(8);
}

/** One text shows all its labels, of several each is one line. */
function view(alone: boolean, show: (score: number) => string): View<TextInput, Classification> {
  return {
    columns: ["label", "score", "text", "pair"],
    row(result, { text, pair }) {
      const [label, score] = "value" in result ? ["value", result.value] : [result.label, result.score];
      return [label, score, text, pair ?? null];
    },
    text(result, { text, pair }, style) {
      const cut = result.truncated ? style.dim(" (cut to the model's length)") : "";
      const shown = oneLine(pair === undefined ? text : `${text} | ${pair}`);
      if ("value" in result) return `${logit(result.value)}  ${fit(shown, style.width - 10)}${cut}`;
      // An object lists labels that look like whole numbers first.
      const scores = Object.entries(result.scores).sort(([, a], [, b]) => b - a);
      const width = Math.max(...scores.map(([name]) => name.length));
      if (!alone) {
        const label = style.bold(result.label.padEnd(width));
        return `${label}  ${show(result.score)}  ${fit(shown, style.width - width - 12)}${cut}`;
      }
      const lines = scores.map(([name, score], i) => {
        const label = name.padEnd(width);
        const bar = show === percent ? style.bar(score) : "";
        return `${i === 0 ? style.bold(label) : label}  ${show(score)}  ${bar}`.trimEnd();
      });
      return lines.join("\n") + cut;
    },
  };
}
