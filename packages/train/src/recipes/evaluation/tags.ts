/**
 * Measures tagging, by whole entities.
 */
import { ClozeError } from "@cloze/core";
import type { Plugin, Predictor, Tagging } from "@cloze/core";
import type { TaggedSentence } from "../../datasets/conll.ts";
import { entityKind, labelledSpans, scoreSpans } from "../../metrics/spans.ts";
import { askAll, pick, surest } from "./evaluation.ts";
import type { AskedOptions, Evaluation, Metrics } from "./evaluation.ts";

/** What the model said of the words of a sentence. */
export interface WordLabels {
  readonly labels: readonly string[];
  readonly scores: readonly number[];
}

/**
 * Precision, recall and F1 of whole entities, and F1 of each kind. Words are joined by single spaces; a word's label is
 * that of the piece that it begins with.
 *
 * @throws ClozeError `invalid-input` for an entity of a kind that the head does not find, naming the file and the line.
 *
 * @example
 * const [entities] = bert.plugins.filter(({ kind }) => kind === "token");
 * const sentences = parseConll(await readFile("dev.conll", "utf8"), { file: "dev.conll" });
 * const { metrics } = await evaluateTags(bert, entities, sentences, { file: "dev.conll" });
 * metrics.f1; // 1
 */
export async function evaluateTags(
  bert: Predictor,
  plugin: Plugin,
  sentences: readonly TaggedSentence[],
  options: AskedOptions & { readonly file: string },
): Promise<Evaluation<WordLabels>> {
  expectKinds(sentences, plugin.labels, options.file);
  const { maxLength, overlap } = options;
  const asked = { plugin: plugin.name, aggregation: "none", outside: true, maxLength, overlap } as const;
  const results = await askAll(sentences, options, async (chunk) => {
    const found = await bert.tag(
      chunk.map(({ words }) => words.join(" ")),
      asked,
    );
    return chunk.map(({ words }, i) => wordLabels(words, found[i]));
  });
  const gold = sentences.map(({ labels }) => labels);
  const predicted = results.map(({ labels }) => labels);
  const { precision, recall, f1, f1ByLabel, total } = scoreSpans(gold, predicted);
  const kinds = Array.from(f1ByLabel, ([label, value]) => [`f1 ${label}`, value] as const);
  const metrics = { precision, recall, f1, ...Object.fromEntries(kinds), entities: total };

  const counts = gold.map((labels, i) => countSpans(labels, predicted[i]));
  const measure = (places: ArrayLike<number>): Metrics => {
    const [right, said, given] = pick(counts, places).reduce((a, b) => a.map((n, i) => n + b[i]), [0, 0, 0]);
    return { precision: share(right, said), recall: share(right, given), f1: share(2 * right, said + given) };
  };
  const mistakes = sentences.flatMap(({ words, labels }, i) => {
    const { labels: found, scores } = results[i];
    const wrong = labels.flatMap((label, w) =>
      entityKind(label) === entityKind(found[w]) ? [] : [scores[w]],
    );
    if (wrong.length === 0) return [];
    const expected = describeSpans(words, labels);
    return [
      { input: words.join(" "), expected, found: describeSpans(words, found), surety: Math.max(...wrong) },
    ];
  });
  return { metrics, measure, mistakes: surest(mistakes), results };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function wordLabels(words: readonly string[], { entities }: Tagging): WordLabels {
  let next = 0;
  let at = 0;
  const found = words.map((word) => {
    const end = at + word.length;
    while (next < entities.length && entities[next].start < at) next++; // pieces of the word before
    at = end + 1;
    return next < entities.length && entities[next].start < end ? entities[next] : undefined;
  });
  return { labels: found.map((one) => one?.label ?? "O"), scores: found.map((one) => one?.score ?? 0) };
}

/** How many entities are right, were said, and are there. */
function countSpans(gold: readonly string[], predicted: readonly string[]): number[] {
  const [given, said] = [gold, predicted].map((labels) =>
    labelledSpans(labels).map(({ label, start, end }) => `${start} ${end} ${label}`),
  );
  return [said.filter((span) => given.includes(span)).length, said.length, given.length];
}

function describeSpans(words: readonly string[], labels: readonly string[]): string {
  const spans = labelledSpans(labels).map(
    ({ label, start, end }) => `${words.slice(start, end).join(" ")} (${label})`,
  );
  return spans.join(", ") || "nothing";
}

export function expectKinds(
  sentences: readonly TaggedSentence[],
  labels: readonly string[],
  file: string,
): void {
  const kinds = new Set(["O", ...labels].map(entityKind));
  for (const sentence of sentences)
    for (const [i, label] of sentence.labels.entries())
      if (!kinds.has(entityKind(label)))
        throw new ClozeError(
          "invalid-input",
          `${file}, line ${sentence.line + i}: ${JSON.stringify(label)} is of no kind that this head finds, which are ` +
            `${[...kinds].filter((kind) => kind !== undefined).join(", ")}.`,
        );
}
