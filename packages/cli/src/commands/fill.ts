/** `cloze fill`: the words that stand behind the [MASK]s of a text. */
import type { Command } from "@commander-js/extra-typings";
import type { Filled, FilledMask, Filling, TextInput } from "@cloze/core";
import type { Io } from "../io.ts";
import { positive, shared, wholeNumber, words } from "../options.ts";
import type { View } from "../output.ts";
import { oneLine, percent, spaced, table } from "../style.ts";
import type { Style } from "../style.ts";

export function addFill(program: Command, io: Io): void {
  program
    .command("fill")
    .description("fill in the [MASK]s of texts")
    .argument("[text...]", "texts, one an argument")
    .addOption(shared.input)
    .addOption(shared.model)
    .addOption(shared.plugin)
    .option("--top <k>", "candidates of a mask (default: 5)", positive)
    .option("--targets <words>", "score these words and no others, with commas between", words)
    .option("--pieces", "let a target be of several word pieces (of a text with one mask)")
    .option("--joint", "fill all masks of a text together, each seeing those before it")
    .option("--beams <n>", "with --joint: fillings that are kept on the way (default: 5)", positive)
    .option("--max-length <n>", "tokens of a window (default: all that the model takes)", positive)
    .option("--overlap <n>", "tokens that a window shares with the next (default: 128, or half)", wholeNumber)
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Input lines: {"text": "…"}, with one or more [MASK].

Examples:
  $ cloze fill "Paris is the [MASK] of France."
  $ cloze fill "The film was [MASK]." --targets good,bad
  $ cloze fill "The [MASK] sat on the [MASK]." --joint --top 3
  $ cloze fill --input texts.jsonl --top 1 --json`,
    )
    .action(async (texts, options) => {
      const { ClozeError } = await import("@cloze/core");
      const { answerTexts } = await import("../answer-texts.ts");
      const { plugin, top, targets, pieces, joint, beams, maxLength, overlap } = options;
      if (pieces && targets === undefined)
        throw new ClozeError("invalid-option", "--pieces is of targets: name them with --targets.", {
          field: "pieces",
        });
      if (beams !== undefined && !joint)
        throw new ClozeError(
          "invalid-option",
          "--beams is of filling masks together: give --joint with it.",
          {
            field: "beams",
          },
        );
      const how = { plugin, top, targets, pieces, joint, beams, maxLength, overlap };
      const view = joint ? together : apart;
      await answerTexts(texts, options, io, (bert, inputs) => bert.fill(inputs, how), view);
    });
}

/** Each mask with its candidates; where there are several, they are numbered. */
const apart: View<TextInput, Filled> = {
  columns: ["predictions", "text"],
  row: ({ masks }, { text }) => [
    masks
      .map(({ predictions }) => predictions.map(({ token, score }) => `${token}:${score}`).join(" "))
      .join(" | "),
    text,
  ],
  text({ masks }, { text }, style) {
    const number = (i: number): string => (masks.length === 1 ? "" : `(${i + 1})`);
    const shown = replaceMasks(text, masks, (i, mask) => style.bold(mask) + number(i));
    const rows = masks.flatMap(({ predictions }, i) =>
      predictions.map(({ token, score }, place) => [
        place === 0 ? number(i) : "",
        share(score),
        oneLine(token),
        style.bar(score),
      ]),
    );
    const indent = masks.length === 1 ? "" : "  ";
    return [shown, ...table(rows, [0, 1]).map((line) => indent + line)].join("\n");
  },
};

/** The text with all its masks filled, as often as there are fillings. */
const together: View<TextInput, Filled> = {
  columns: ["score", "filling", "text"],
  row({ fillings = [] }, { text }) {
    const best = fillings.at(0);
    return [best?.score ?? null, best?.text ?? null, text];
  },
  text({ masks, fillings = [] }, { text }, style) {
    const rows = fillings.map((filling) => [share(filling.score), filled(text, masks, filling, style)]);
    return [spaced(text), ...table(rows, [0]).map((line) => `  ${line}`)].join("\n");
  },
};

/** A probability that may be a product of several. */
function share(score: number): string {
  return score < 5e-5 ? score.toExponential(1).padStart(8) : percent(score);
}

function filled(text: string, masks: readonly FilledMask[], { tokens }: Filling, style: Style): string {
  return replaceMasks(text, masks, (i) => style.mark(tokens[i].replace(/^##/, "")));
}

function replaceMasks(
  text: string,
  masks: readonly FilledMask[],
  show: (mask: number, written: string) => string,
): string {
  let shown = "";
  let at = 0;
  for (const [i, { start, end }] of masks.entries()) {
    shown += spaced(text.slice(at, start)) + show(i, text.slice(start, end));
    at = end;
  }
  return shown + spaced(text.slice(at));
}
