/**
 * How the labels of words mark entities: IOB1, IOB2, BIOES. Files are read alike in all of them
 * (`metrics/spans.ts`); a head is trained in one, so these write one as another.
 */
import { ClozeError } from "@cloze/core";
import { labelledSpans } from "../metrics/spans.ts";
import type { LabelledSpan } from "../metrics/spans.ts";
import type { TaggedSentence } from "./conll.ts";

/**
 * `IOB1`: I- throughout, B- only where an entity of the same kind went right before (Ramshaw & Marcus, 1995). `IOB2`:
 * B- begins every entity. `BIOES`: besides, E- ends one, and S- is one of a single word.
 */
export type Scheme = "IOB1" | "IOB2" | "BIOES";

/** In the order in which they are tried: a file of which more than one is true is called by the first. */
const schemes: readonly Scheme[] = ["IOB2", "BIOES", "IOB1"];

/**
 * The labels of a sentence's words: the inverse of `labelledSpans`.
 *
 * @param spans The entities, in order; they do not overlap.
 * @param length How many words there are.
 *
 * @example
 * writeLabels([{ label: "PER", start: 0, end: 2 }], 3, "BIOES"); // ["B-PER", "E-PER", "O"]
 */
export function writeLabels(spans: readonly LabelledSpan[], length: number, scheme: Scheme): string[] {
  const labels = Array<string>(length).fill("O");
  for (const [s, { label, start, end }] of spans.entries()) {
    labels.fill(`I-${label}`, start, end);
    const before = spans.at(s - 1);
    const touches = s > 0 && before?.end === start && before.label === label;
    if (scheme !== "IOB1" || touches) labels[start] = `B-${label}`;
    if (scheme === "BIOES") labels[end - 1] = end - start === 1 ? `S-${label}` : `E-${label}`;
  }
  return labels;
}

/**
 * The scheme that all sentences keep, undefined where they keep none.
 *
 * @example
 * findScheme(parseConll("Anton\tI-PER\nwrote\tO\n", { file: "dev.conll" })); // "IOB1"
 */
export function findScheme(sentences: readonly TaggedSentence[]): Scheme | undefined {
  return schemes.find((scheme) => sentences.every(({ labels }) => breakOf(labels, scheme) < 0));
}

/** What a file is and what it should become. */
export interface SchemeOptions {
  /** What errors call the file. */
  readonly file: string;
  /** What the labels are in; by default whatever they are in, read as conlleval reads it. */
  readonly from?: Scheme | undefined;
  /** `IOB2` by default. */
  readonly to?: Scheme | undefined;
}

/**
 * Writes the labels of sentences in another scheme.
 *
 * @throws ClozeError `invalid-input`, naming the file and the line of the first label that `from` does not allow.
 *
 * @example
 * const [{ labels }] = convertScheme([{ line: 1, words: ["Anton"], labels: ["I-PER"] }], { file: "dev.conll" });
 * labels; // ["B-PER"]
 */
export function convertScheme(
  sentences: readonly TaggedSentence[],
  { file, from, to = "IOB2" }: SchemeOptions,
): TaggedSentence[] {
  return sentences.map((sentence) => {
    const { labels, line } = sentence;
    const wrong = from === undefined ? -1 : breakOf(labels, from);
    if (wrong >= 0)
      throw new ClozeError(
        "invalid-input",
        `${file}, line ${line + wrong}: ${from} does not allow ${labels[wrong]} here.`,
      );
    return { ...sentence, labels: writeLabels(labelledSpans(labels), labels.length, to) };
  });
}

/** The place of the first label that is not as a scheme writes it; -1 where all are. */
function breakOf(labels: readonly string[], scheme: Scheme): number {
  const written = writeLabels(labelledSpans(labels), labels.length, scheme);
  return labels.findIndex((label, i) => label !== written[i]);
}
