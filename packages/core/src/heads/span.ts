/**
 * The head for spans: a start and an end logit for every token (Devlin et al., 2018, 4.2), and the decoding of
 * google-research/bert's run_squad.py: the 20 best starts and ends of each window, maximal context, the n-best.
 */
import { softmaxInPlace, topPlaces } from "../graph/vectors.ts";
import { dense } from "../model/bert.ts";
import type { Window } from "../encoding/windows.ts";
import { complainOfTokenFeatures } from "./head.ts";
import type { Head } from "./head.ts";

export const span: Head = {
  kinds: ["span"],
  architectures: ["BertForQuestionAnswering"],
  scope: "qa_outputs",

  describe: () => ({ kind: "span", labels: ["start", "end"], features: "hidden" }),

  complaint: (plugin) =>
    complainOfTokenFeatures(plugin) ??
    (plugin.labels.length === 2
      ? undefined
      : `a span has two labels, start and end, not ${plugin.labels.length}`),

  forward(g, { read }, { labels }, scope) {
    return { "": dense(g, scope, read("last_hidden_state"), labels.length) }; // [batch, length, 2]
  },
};

/** The logits of one window. */
export interface ScoredWindow extends Window {
  /** Start and end logit of each real token by turns: 2·tokens numbers, padding left out. */
  readonly logits: Float32Array;
  /** The place of the window's first context token in the encoding. */
  readonly contextAt: number;
}

export interface SpanOptions {
  /** The word of each context token, where answers are to begin and end with whole words. */
  readonly words?: Int32Array | undefined;
  /** The longest answer in tokens. */
  readonly maxAnswer: number;
  /** How many starts, how many ends and how many answers are kept. */
  readonly candidates: number;
  /** Whether the null answer takes part in the probabilities. */
  readonly noAnswer: boolean;
  /** Whether an answer that overlaps a better one is left out. */
  readonly apart?: boolean | undefined;
}

/** A part of a context that may be the answer. */
export interface Span {
  readonly text: string;
  /** [start, end) in UTF-16 units of the context. */
  readonly start: number;
  readonly end: number;
  /** Start logit + end logit. */
  readonly score: number;
  /** Softmax over the n-best. */
  readonly probability: number;
}

/**
 * The n-best spans of a context, best first, equal texts once.
 *
 * @param offsets [start, end) of each context token, two numbers a token.
 * @param owner For each context token the window in which it has the most context: only there may an answer start.
 * @returns The spans, and `nullScore`: the least over the windows of [CLS]'s start and end logits.
 */
export function decodeSpans(
  context: string,
  offsets: Int32Array,
  windows: readonly ScoredWindow[],
  owner: Int32Array,
  { words, candidates, maxAnswer, noAnswer, apart }: SpanOptions,
): { spans: Span[]; nullScore: number } {
  let nullScore = Infinity;
  const found: { start: number; end: number; score: number }[] = []; // in tokens of the context
  for (const [w, { logits, contextAt, first, count }] of windows.entries()) {
    nullScore = Math.min(nullScore, logits[0] + logits[1]);
    const ends = topPlaces(column(logits, 1), candidates);
    for (const startAt of topPlaces(column(logits, 0), candidates)) {
      const start = startAt - contextAt + first;
      if (startAt < contextAt || startAt >= contextAt + count || owner[start] !== w) continue;
      for (const endAt of ends) {
        if (endAt < startAt || endAt >= contextAt + count || endAt - startAt >= maxAnswer) continue;
        const score = logits[2 * startAt] + logits[2 * endAt + 1];
        found.push({ start, end: endAt - contextAt + first, score });
      }
    }
  }
  found.sort((a, b) => b.score - a.score);

  const answers: Omit<Span, "probability">[] = [];
  for (const { start, end, score } of found) {
    const places = answers.length + (noAnswer && nullScore > score ? 1 : 0); // no answer has a place too
    if (places >= candidates) break;
    const from = offsets[2 * edge(words, start, -1)];
    const to = offsets[2 * edge(words, end, 1) + 1];
    const text = context.slice(from, to);
    if (!answers.some((better) => better.text === text || (apart && from < better.end && better.start < to)))
      answers.push({ text, start: from, end: to, score });
  }
  const scores = answers.map(({ score }) => score);
  if (noAnswer) scores.push(nullScore);
  const probabilities = softmaxInPlace(Float64Array.from(scores));
  return { spans: answers.map((answer, i) => ({ ...answer, probability: probabilities[i] })), nullScore };
}

/** The first (-1) or last (1) token of the word that a token is in; without words, the token. */
function edge(words: Int32Array | undefined, token: number, step: -1 | 1): number {
  let at = token;
  if (words) while (words[at + step] === words[token]) at += step;
  return at;
}

/** Every token's start (0) or end (1) logit. */
function column(logits: Float32Array, which: 0 | 1): Float32Array {
  return logits.filter((_, i) => i % 2 === which);
}
