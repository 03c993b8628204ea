/**
 * Tagged words in CoNLL's form: a line a word with its label last, a blank line after each sentence. What a label
 * means is left to `metrics/spans.ts`.
 */
import { ClozeError } from "@cloze/core";

/** A sentence with a label for every word. */
export interface TaggedSentence {
  /** The line of its first word in the file, from 1; no line stands between its words. */
  readonly line: number;
  readonly words: readonly string[];
  /** One a word. */
  readonly labels: readonly string[];
}

/**
 * Reads tagged sentences. Columns are separated by tabs, or by spaces where a line has no tab; those between the word
 * and the label are passed over, `-DOCSTART-` too. A byte order mark and CRLF are accepted.
 *
 * @param file What errors call the file.
 * @throws ClozeError `invalid-input`, naming the file and the line.
 *
 * @example
 * parseConll("Anton\tB-PER\nwrote\tO\n", { file: "dev.conll" });
 */
export function parseConll(source: string, { file }: { readonly file: string }): TaggedSentence[] {
  const sentences: { line: number; words: string[]; labels: string[] }[] = [];
  let open = false;
  for (const [i, text] of source
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const columns = (text.includes("\t") ? text.split("\t") : text.split(/ +/)).filter((cell) => cell !== "");
    const [word] = columns;
    if (columns.length === 0 || word === "-DOCSTART-") {
      open = false;
      continue;
    }
    if (columns.length === 1)
      throw new ClozeError(
        "invalid-input",
        `${file}, line ${i + 1}: a word and its label should be separated by a tab.`,
      );
    if (!open) sentences.push({ line: i + 1, words: [], labels: [] });
    open = true;
    const { words, labels } = sentences[sentences.length - 1];
    words.push(word);
    labels.push(columns[columns.length - 1]);
  }
  return sentences;
}
