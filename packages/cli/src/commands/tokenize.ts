/** `cloze tokenize`: the pieces, ids and offsets of texts. It needs a vocabulary and no model. */
import type { Command } from "@commander-js/extra-typings";
import type { TextInput } from "@cloze/core";
import type { Io } from "../io.ts";
import { positive, shared, wholeNumber } from "../options.ts";
import type { View } from "../output.ts";
import { grouped, oneLine } from "../style.ts";
import type { Style } from "../style.ts";
import type { Tokenized, TokenizedRow } from "../tokens.ts";

export function addTokenize(program: Command, io: Io): void {
  program
    .command("tokenize")
    .description("split texts into word pieces")
    .argument("[text...]", "texts, one an argument")
    .addOption(shared.input)
    .option("--lines", "the input is plain text, one text a line")
    .addOption(shared.model)
    .option("--vocab <file>", "a vocab.txt, instead of a model")
    .option("--cased", "keep case and accents (with --vocab)")
    .option("--no-specials", "leave [CLS] and [SEP] out")
    .option("--max-length <n>", "cut to n tokens, specials included", positive)
    .option("--overlap <n>", "cut to windows instead, each sharing n tokens with the next", wholeNumber)
    .option("--summary", "print only how many texts and tokens, and the seconds")
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Input lines: {"text": "…", "pair": "…"}, pair being optional; with --overlap the pair is cut to windows.

Examples:
  $ cloze tokenize "unaffable"
  $ cloze tokenize --vocab vocab.txt --lines --input corpus.txt --summary`,
    )
    .action(async (texts, options) => {
      const { ClozeError } = await import("@cloze/core");
      const { checkText, expectOneSource, fromArguments, fromJsonLines, fromLines } =
        await import("../input.ts");
      const { checkCutting, openTokenizer, summarize, tokenizeInput } = await import("../tokens.ts");
      const { answerAll } = await import("../answer.ts");
      const { printOne } = await import("../output.ts");
      const { input, lines, summary } = options;
      expectOneSource(texts.length, input, "a text");
      if (lines && input === undefined)
        throw new ClozeError("invalid-option", "--lines says how to read --input FILE: give both.");
      checkCutting(options);
      const tokenizer = await openTokenizer(options);
      for (const warning of tokenizer.warnings) await io.stderr.write(`${warning}\n`);
      const items =
        input === undefined
          ? fromArguments(texts.map((text): TextInput => ({ text })))
          : lines
            ? fromLines(input, io)
            : fromJsonLines(input, io, checkText);
      if (summary) {
        const total = await summarize(items, tokenizer, options);
        await printOne(total, () => summaryText(total), options, io);
        return;
      }
      const run = async (inputs: readonly TextInput[]) =>
        inputs.map((one) => tokenizeInput(tokenizer, one, options));
      await answerAll(items, run, view, options, io);
    });
}

function summaryText({ texts, tokens, seconds }: { texts: number; tokens: number; seconds: number }): string {
  const rate = seconds > 0 ? `, ${grouped(Math.round(tokens / seconds))} tokens/s` : "";
  return `${grouped(texts)} texts, ${grouped(tokens)} tokens in ${seconds.toFixed(3)} s${rate}`;
}

const view: View<TextInput, TokenizedRow> = {
  columns: ["tokens", "ids"],
  row: (result) => {
    const parts = "windows" in result ? result.windows : [result];
    return [
      parts.map(({ tokens }) => tokens.join(" ")).join(" | "),
      parts.map(({ ids }) => ids.join(" ")).join(" | "),
    ];
  },
  text(result, _, style) {
    if (!("windows" in result)) return grid(result, style);
    return result.windows
      .map(
        (window, i) => `${style.dim(`window ${i + 1} of ${result.windows.length}`)}\n${grid(window, style)}`,
      )
      .join("\n");
  },
};

/** Pieces over their ids, in as many lines as the terminal needs. */
function grid({ tokens, ids }: Tokenized, style: Style): string {
  const lines: string[] = [];
  let pieces = "";
  let numbers = "";
  let used = 0;
  const end = (): void => {
    lines.push(pieces.trimEnd(), numbers.trimEnd());
    pieces = "";
    numbers = "";
    used = 0;
  };
  for (const [i, token] of tokens.entries()) {
    const piece = oneLine(token);
    const id = String(ids[i]);
    const width = Math.max(piece.length, id.length);
    if (used > 0 && used + width > Math.min(style.width, 1000)) end();
    pieces += `${style.bold(piece)}${" ".repeat(width - piece.length)}  `;
    numbers += `${style.dim(id)}${" ".repeat(width - id.length)}  `;
    used += width + 2;
  }
  if (used > 0) end();
  return lines.join("\n");
}
