/**
 * The head for tokens: logits over labels for every token (Devlin et al., 2018, 5.3), and their grouping into
 * entities as Hugging Face's token-classification pipeline groups them.
 */
import { softmaxInPlace } from "../graph/vectors.ts";
import { dense } from "../model/bert.ts";
import { complainOfLabels, complainOfTokenFeatures } from "./head.ts";
import type { Head } from "./head.ts";

export const token: Head = {
  kinds: ["token"],
  architectures: ["BertForTokenClassification"],
  scope: "classifier",

  describe: ({ labels }) => ({ kind: "token", labels, features: "hidden" }),

  complaint: (plugin) => complainOfTokenFeatures(plugin) ?? complainOfLabels(plugin),

  forward(g, { config, read }, { labels }, scope) {
    const hidden = g.dropout(read("last_hidden_state"), config.dropout.classifier);
    return { "": dense(g, scope, hidden, labels.length) }; // [batch, length, labels]
  },
};

/**
 * From tokens to entities. `none`: every token for itself. `simple`: neighbours of one label together. The others
 * decide word by word first, so that no word is torn: by its first piece, by the mean of its pieces, or by the
 * surest of them.
 */
export type Aggregation = "none" | "simple" | "first" | "average" | "max";

/** Something with a label in a text. */
export interface Entity {
  /** The label; without its B- or I- where neighbours were put together. */
  readonly label: string;
  /** [start, end) in UTF-16 units of the text. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The probability of the label; the mean over what was put together. */
  readonly score: number;
}

/** What the tokens of one text are and what was said of them. */
export interface TaggedTokens {
  readonly text: string;
  /** [start, end) of each token, two numbers a token. */
  readonly offsets: Int32Array;
  /** Where each word begins, in tokens, and at the end the number of tokens. */
  readonly words: Int32Array;
  /** [tokens, labels]. */
  readonly logits: Float32Array;
  readonly labels: readonly string[];
}

/** The label of what is no entity. */
const OUTSIDE = "O";

/** A run of tokens, `first` to `last`, and what it was found to be. */
interface Run {
  readonly first: number;
  readonly last: number;
  readonly label: string;
  readonly score: number;
}

/**
 * The entities of one text, in its order.
 *
 * @param outside Whether what is no entity is given too.
 */
export function decodeEntities(tagged: TaggedTokens, aggregation: Aggregation, outside = false): Entity[] {
  const { text, offsets, words } = tagged;
  const wholeWords = aggregation !== "none" && aggregation !== "simple";
  const count = wholeWords ? words.length - 1 : offsets.length / 2;
  const probabilities = tokenProbabilities(tagged);
  const runs = Array.from({ length: count }, (_, i): Run => {
    const first = wholeWords ? words[i] : i;
    const last = wholeWords ? words[i + 1] - 1 : i;
    const [label, score] = surest(decide(probabilities.slice(first, last + 1), aggregation));
    return { first, last, label: tagged.labels[label], score };
  });
  return (aggregation === "none" ? runs : group(runs))
    .filter(({ label }) => outside || label !== OUTSIDE)
    .map(({ first, last, label, score }) => {
      const start = offsets[2 * first];
      const end = offsets[2 * last + 1];
      return { label, start, end, text: text.slice(start, end), score };
    });
}

/** One distribution over the labels a token. */
function tokenProbabilities({ logits, labels }: TaggedTokens): Float64Array[] {
  return Array.from({ length: logits.length / labels.length }, (_, i) =>
    softmaxInPlace(Float64Array.from(logits.subarray(i * labels.length, (i + 1) * labels.length))),
  );
}

/** One distribution for the pieces of a word. */
function decide(pieces: readonly Float64Array[], aggregation: Aggregation): Float64Array {
  if (aggregation === "average")
    return pieces[0].map((_, label) => pieces.reduce((sum, piece) => sum + piece[label], 0) / pieces.length);
  if (aggregation === "max") return pieces.reduce((a, b) => (surest(b)[1] > surest(a)[1] ? b : a));
  return pieces[0];
}

function surest(probabilities: Float64Array): [label: number, probability: number] {
  let label = 0;
  for (let i = 1; i < probabilities.length; i++) if (probabilities[i] > probabilities[label]) label = i;
  return [label, probabilities[label]];
}

/** Puts neighbours of one kind together; B- begins anew. What has neither B- nor I- goes on. */
function group(runs: readonly Run[]): Run[] {
  const groups: Run[][] = [];
  for (const run of runs) {
    const open = groups.at(-1);
    if (open && !run.label.startsWith("B-") && kind(run.label) === kind(open[open.length - 1].label))
      open.push(run);
    else groups.push([run]);
  }
  return groups.map((members) => ({
    first: members[0].first,
    last: members[members.length - 1].last,
    label: kind(members[0].label),
    score: members.reduce((sum, { score }) => sum + score, 0) / members.length,
  }));
}

function kind(label: string): string {
  return /^[BI]-/.test(label) ? label.slice(2) : label;
}
