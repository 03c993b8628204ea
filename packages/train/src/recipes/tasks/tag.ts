/**
 * Tagging: a label on the first piece of each word; its other pieces count nothing. A sentence that is longer than the
 * model is learned in windows, each word in the one in which it has the most context, as `tag` reads it.
 */
import { ClozeError, join, maxContext, windows } from "@cloze/core";
import type { Encoding, Feeds, Plugin } from "@cloze/core";
import { parseConll } from "../../datasets/conll.ts";
import type { TaggedSentence } from "../../datasets/conll.ts";
import { findLabels } from "../../datasets/labels.ts";
import { convertScheme } from "../../datasets/schemes.ts";
import { labelsName, weightsName } from "../../losses.ts";
import { entityKind } from "../../metrics/spans.ts";
import { evaluateTags, expectKinds } from "../evaluation/tags.ts";
import { PackedRows } from "../examples.ts";
import type { Examples } from "../examples.ts";
import { checkLabels, countClasses, weightsOf } from "./labels.ts";
import { knownHead, lengthOf, overlapOf, ownHead, readBoth, refuse } from "./task.ts";
import type { PreparedTask, Source, TaskContext } from "./task.ts";

/** @throws ClozeError `invalid-input`, naming the file and the line. */
export async function prepareTag(context: TaskContext): Promise<PreparedTask> {
  const { options } = context;
  refuse(options, ["columns", "multiLabel"]);
  const { train, dev } = await readBoth(options, ({ text, file }) =>
    inOneScheme(parseConll(text, { file }), file, options.scheme),
  );
  const known = knownHead(context, "token");
  const seen = labelsOf(train);
  const fits = known !== undefined && seen.every((label) => known.labels.includes(label));
  const plugin = fits ? known : ownHead("token", seen);
  expectKinds(dev.rows, plugin.labels, dev.file);
  const { rows, labels } = packSentences(context, train.rows, plugin.labels);
  if (rows.count === 0)
    throw new ClozeError("invalid-input", `${train.file} has no word that can be learned from.`, {
      field: "train",
    });
  const occurrences = countClasses(labels, plugin.labels.length);
  checkLabels(plugin.labels, occurrences, train.file, options);
  const weights = weightsOf(options.classWeights, plugin.labels, occurrences);
  const { maxLength, overlap } = options;
  return {
    plugin,
    known: fits,
    examples: { rows, rowsEach: 1, ...tokenFeeds(plugin, rows, labels, weights) },
    metrics: ["f1", "precision", "recall"],
    rows: { train: train.rows.length, dev: dev.rows.length },
    leftOut: 0,
    evaluate: (bert, asked) =>
      evaluateTags(bert, plugin, dev.rows, { ...asked, file: dev.file, maxLength, overlap }),
  };
}

/** Entities are learned in IOB2, whatever the file has; labels without B- and I- stay as they are. */
function inOneScheme(
  sentences: readonly TaggedSentence[],
  file: string,
  from: TaskContext["options"]["scheme"],
): TaggedSentence[] {
  const marked = sentences.some(({ labels }) => labels.some((label) => /^[BIES]-/.test(label)));
  return marked ? convertScheme(sentences, { file, from }) : [...sentences];
}

/** `O`, then B- and I- of each kind of entity; or the labels as they are where they mark no entities. */
function labelsOf({ rows, file }: Source<TaggedSentence>): string[] {
  const all = rows.flatMap(({ labels, line }) => labels.map((label, i) => ({ label, line: line + i })));
  const labels = findLabels(all, { file });
  if (!labels.some((label) => /^[BI]-/.test(label))) return labels;
  const kinds = [...new Set(labels.map(entityKind))].filter((kind) => kind !== undefined);
  return ["O", ...kinds.flatMap((kind) => [`B-${kind}`, `I-${kind}`])];
}

/** The label of no word. */
const NONE = -1;

/** The windows of sentences, and the label of each of their tokens. */
export function packSentences(
  context: TaskContext,
  sentences: readonly TaggedSentence[],
  names: readonly string[],
): { rows: PackedRows; labels: Int32Array } {
  const { tokenizer, config } = context.folder;
  const room = lengthOf(context, config.maxPositions) - 2;
  const overlap = overlapOf(context, room);
  const labels: number[] = [];
  function* encodings(): Generator<Encoding> {
    for (const sentence of sentences) {
      const tokens = tokenizer.tokenize(sentence.words.join(" "));
      const ofToken = tokenLabels(sentence, tokens.offsets, names);
      const list = windows(ofToken.length, room, overlap);
      const owner = maxContext(ofToken.length, list);
      for (const [w, { first, count }] of list.entries()) {
        const own = Array.from({ length: count }, (__, t) =>
          owner[first + t] === w ? ofToken[first + t] : NONE,
        );
        if (own.every((label) => label === NONE)) continue; // nothing is to be learned: its weights would not sum to 1
        labels.push(NONE, ...own, NONE); // [CLS] … [SEP]
        yield join(tokenizer.specials, { tokens, first, count });
      }
    }
  }
  const rows = new PackedRows(encodings());
  return { rows, labels: Int32Array.from(labels) };
}

/** The place of its word's label for the first token of each word, else none. */
function tokenLabels(
  { words, labels }: TaggedSentence,
  offsets: Int32Array,
  names: readonly string[],
): Int32Array {
  const found = new Int32Array(offsets.length / 2).fill(NONE);
  let token = 0;
  let at = 0;
  for (const [w, word] of words.entries()) {
    const end = at + word.length;
    while (token < found.length && offsets[2 * token] < at) token++;
    if (token < found.length && offsets[2 * token] < end) found[token] = names.indexOf(labels[w]);
    at = end + 1;
  }
  return found;
}

function tokenFeeds(
  { name }: Plugin,
  rows: PackedRows,
  all: Int32Array,
  weights: Float32Array,
): Pick<Examples, "counts" | "labels"> {
  const weightOf = (label: number): number => (label < 0 ? 0 : weights[label]);
  const labelsIn = (row: number): Int32Array => all.subarray(rows.starts[row], rows.starts[row + 1]);
  const counts = Float32Array.from({ length: rows.count }, (_, row) =>
    labelsIn(row).reduce((sum, label) => sum + weightOf(label), 0),
  );
  return {
    counts,
    labels(examples, length, scale): Feeds {
      const dims = [examples.length, length];
      const labels = new Int32Array(examples.length * length);
      const shares = new Float32Array(labels.length);
      for (const [i, row] of examples.entries())
        for (const [t, label] of labelsIn(row).entries()) {
          labels[i * length + t] = Math.max(label, 0);
          shares[i * length + t] = weightOf(label) * scale;
        }
      return {
        [labelsName(name)]: { type: "int32", dims, data: labels },
        [weightsName(name)]: { type: "float32", dims, data: shares },
      };
    },
  };
}
