/**
 * Labelled texts to packed rows: what classification and regression have in common.
 */
import type { Encoding } from "@cloze/core";
import type { LabelledText } from "../../datasets/table.ts";
import { parseTexts } from "../../datasets/texts.ts";
import { PackedRows } from "../examples.ts";
import { lengthOf, readBoth } from "./task.ts";
import type { Source, TaskContext } from "./task.ts";

/** Reads both files of labelled texts. */
export function readTexts({
  options,
}: TaskContext): Promise<{ train: Source<LabelledText>; dev: Source<LabelledText> }> {
  return readBoth(options, ({ text, file }) => parseTexts(text, { file, columns: options.columns }));
}

/** Encodes texts and pairs of texts as the model will read them; what is too long is cut longest-first. */
export function packTexts(
  context: TaskContext,
  inputs: readonly { readonly text: string; readonly pair?: string }[],
): PackedRows {
  const { folder, options } = context;
  const maxLength = lengthOf(context, folder.config.maxPositions);
  let cut = 0;
  function* encodings(): Generator<Encoding> {
    for (const { text, pair } of inputs) {
      const input = pair === undefined ? text : { text, pair };
      const encoding = folder.tokenizer.encode(input, { maxLength });
      if (encoding.truncated) cut++;
      yield encoding;
    }
  }
  const rows = new PackedRows(encodings());
  if (cut > 0)
    options.onWarning?.(`${cut} of ${inputs.length} texts are longer than ${maxLength} tokens: cut.`);
  return rows;
}
