/**
 * Tagging against CoNLL files.
 */
import path from "node:path";
import { ClozeError } from "@cloze/core";
import type { Tagging } from "@cloze/core";
import { parseConll } from "@cloze/train/datasets";
import type { TaggedSentence } from "@cloze/train/datasets";
import { entityKind, scoreSpans } from "@cloze/train/metrics";
import { writeWhole } from "../files.ts";
import { readText } from "../input.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../model.ts";
import { checkOutputs, headOf, inChunks } from "./common.ts";
import type { EvaluateOptions, Metrics } from "./common.ts";

/** Tagging: precision, recall and F1 of whole entities, and the speed. Words are joined by single spaces. */
export async function evaluateTag(options: EvaluateOptions, io: Io): Promise<Metrics> {
  const file = path.basename(options.data);
  const sentences = parseConll(await readText(options.data, io), { file });
  if (sentences.length === 0) throw new ClozeError("invalid-input", `${options.data} has no words.`);
  await checkOutputs(options);
  await using bert = await loadModel(options);
  const { name: plugin, labels } = headOf(bert, "token", options.plugin);
  expectKinds(sentences, new Set(["O", ...labels].map(entityKind)), file);

  const predicted: string[][] = [];
  const seconds = await inChunks(sentences, io, "sentences", async (chunk) => {
    const results = await bert.tag(
      chunk.map(({ words }) => words.join(" ")),
      { plugin, aggregation: "none" },
    );
    for (const [i, { words }] of chunk.entries()) predicted.push(wordLabels(words, results[i]));
  });
  if (options.predictions !== undefined)
    await writeWhole(options.predictions, sentences.map((one, i) => conll(one, predicted[i])).join("\n"));
  const { precision, recall, f1, f1ByLabel, total } = scoreSpans(
    sentences.map((sentence) => sentence.labels),
    predicted,
  );
  return {
    precision,
    recall,
    f1,
    ...Object.fromEntries(Array.from(f1ByLabel, ([label, value]) => [`f1 ${label}`, value])),
    entities: total,
    sentences: sentences.length,
    seconds,
    sentencesPerSecond: sentences.length / seconds,
  };
}

/** The label of each word, which is that of the piece that it begins with. */
function wordLabels(words: readonly string[], { entities }: Tagging): string[] {
  const byStart = new Map(entities.map(({ start, label }) => [start, label]));
  let at = 0;
  return words.map((word) => {
    const label = byStart.get(at) ?? "O";
    at += word.length + 1;
    return label;
  });
}

function expectKinds(
  sentences: readonly TaggedSentence[],
  kinds: ReadonlySet<string | undefined>,
  file: string,
): void {
  for (const { line, labels } of sentences)
    for (const [i, label] of labels.entries())
      if (!kinds.has(entityKind(label)))
        throw new ClozeError(
          "invalid-input",
          `${file}, line ${line + i}: ${JSON.stringify(label)} is of no kind that this head finds, which are ` +
            `${[...kinds].filter((kind) => kind !== undefined).join(", ")}.`,
        );
}

/** A sentence as conlleval reads it: word, right label, predicted one. */
function conll({ words, labels }: TaggedSentence, predicted: readonly string[]): string {
  return words.map((word, i) => `${word}\t${labels[i]}\t${predicted[i]}\n`).join("");
}
