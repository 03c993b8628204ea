/**
 * What the commands on texts have in common: texts are arguments or lines of a file, a model is loaded, asked and
 * closed, results are printed.
 */
import type { Predictor, TextInput } from "@cloze/core";
import { answerAll } from "./answer.ts";
import { checkText, expectOneSource, fromArguments, fromJsonLines } from "./input.ts";
import type { Io } from "./io.ts";
import { loadModel } from "./model.ts";
import type { FormatOptions, ModelOptions } from "./options.ts";
import type { View } from "./output.ts";

/** Answers texts with one method of the model. */
export async function answerTexts<O>(
  texts: readonly string[],
  options: ModelOptions & FormatOptions & { readonly input?: string | undefined },
  io: Io,
  ask: (bert: Predictor, inputs: readonly TextInput[]) => Promise<readonly O[]>,
  view: View<TextInput, O>,
): Promise<void> {
  const { input } = options;
  expectOneSource(texts.length, input, "a text");
  await using bert = await loadModel(options);
  const items =
    input === undefined
      ? fromArguments(texts.map((text) => ({ text })))
      : fromJsonLines(input, io, checkText);
  await answerAll(items, (inputs) => ask(bert, inputs), view, options, io);
}
