/**
 * Question answering: the span of a context that answers a question, or that there is none (SQuAD 1.1 and 2.0).
 *
 * A context longer than the model is read in windows; how spans are chosen is the head's matter (`heads/span.ts`).
 */
import { join, SPECIALS_PAIR, whole } from "../encoding/encoding.ts";
import type { Encoding } from "../encoding/encoding.ts";
import { maxContext, usualOverlap, windows } from "../encoding/windows.ts";
import { ClozeError } from "../errors.ts";
import { decodeSpans } from "../heads/span.ts";
import type { ScoredWindow, Span } from "../heads/span.ts";
import type { Plugin } from "../plugin.ts";
import type { RunOptions } from "../session.ts";
import {
  expectFields,
  expectShape,
  expectText,
  expectWindows,
  lengthLimit,
  placeOf,
  positive,
  runBatches,
} from "./task.ts";
import type { TaskModel } from "./task.ts";

/** A question and the text that holds its answer. */
export interface Question {
  readonly id?: string | number;
  readonly question: string;
  readonly context: string;
}

/** How questions are answered. */
export interface AskOptions extends RunOptions {
  /** How many answers to report, best first: 20 by default, and at most. */
  readonly top?: number | undefined;
  /** Tokens of a window, question and specials included: 384 by default. */
  readonly maxLength?: number | undefined;
  /** Tokens that a window shares with the next: by default 128, or half of what the question leaves. */
  readonly overlap?: number | undefined;
  /** Tokens of the question that are read: 64 by default. */
  readonly maxQuestion?: number | undefined;
  /** The longest answer in tokens: 30 by default. */
  readonly maxAnswer?: number | undefined;
  /** Whether answers begin and end with whole words; Chinese has a word a character. Off, as in the original. */
  readonly wholeWords?: boolean | undefined;
  /** Whether "no answer" is an answer (SQuAD 2.0). */
  readonly noAnswer?: boolean | undefined;
  /** Whether answers lie apart: one that overlaps a better one is left out. Off, as in the original. */
  readonly apart?: boolean | undefined;
  /** Refuses contexts that take more windows than this, all together; no limit by default. */
  readonly maxWindows?: number | undefined;
  /** No answer if the null score leads by more than this: the plugin's own, else 0. */
  readonly threshold?: number | undefined;
}

/** The best answer, and the others. */
export interface Answer {
  readonly id?: string | number;
  /** `context.slice(start, end)`; empty when there is no answer. */
  readonly answer: string;
  readonly start: number | null;
  readonly end: number | null;
  /** Start logit + end logit. */
  readonly score: number | null;
  /** The score of "no answer"; absent where nothing was read. */
  readonly nullScore?: number;
  /** The n-best, best first. */
  readonly answers: readonly Span[];
}

/** google-research/bert's n_best_size, both of starts and ends per window and of answers. */
const CANDIDATES = 20;

/** One question, cut to windows. */
interface Cut {
  readonly offsets: Int32Array;
  readonly words: Int32Array | undefined;
  readonly owner: Int32Array;
  readonly windows: ScoredWindow[];
}

/**
 * Answers questions, each from its own context.
 *
 * @returns One answer a question, in order.
 * @throws ClozeError `invalid-input`, `invalid-option`, and what the session throws.
 * @example
 * const question = { question: "Who wrote it?", context: "Anton Chekhov wrote it in 1896." };
 * const [{ answer }] = await ask(bert, bert.findPlugin(findHead("span")), [question]); // "Anton Chekhov"
 */
export async function ask(
  model: TaskModel,
  plugin: Plugin,
  questions: readonly Question[],
  options: AskOptions = {},
): Promise<Answer[]> {
  const maxLength = lengthLimit(model.config, options.maxLength, plugin.maxLength ?? 384);
  const maxQuestion = positive("maxQuestion", options.maxQuestion ?? 64);
  const maxAnswer = positive("maxAnswer", options.maxAnswer ?? plugin.maxAnswer ?? 30);
  const top = positive("top", options.top ?? CANDIDATES);
  const noAnswer = options.noAnswer ?? false;
  const threshold = options.threshold ?? plugin.threshold ?? 0;
  if (!Number.isFinite(threshold))
    throw new ClozeError("invalid-option", "threshold should be a number.", { field: "threshold" });

  const encodings: Encoding[] = [];
  const places: ((logits: Float32Array) => void)[] = [];
  const cuts = questions.map((input, i): Cut => {
    const at = placeOf(questions, i);
    expectFields(input, at, "{ question, context }");
    expectText(input.question, `${at}question`);
    expectText(input.context, `${at}context`);
    const { tokenizer } = model;
    const question = whole(tokenizer.tokenize(input.question));
    const asked = { ...question, count: Math.min(question.count, maxQuestion) };
    const tokens = tokenizer.tokenize(input.context);
    const length = tokens.ids.length;
    const room = maxLength - asked.count - SPECIALS_PAIR;
    const overlap = options.overlap ?? usualOverlap(room, plugin.overlap);
    const list = windows(length, room, overlap).filter(({ count }) => count > 0);
    expectWindows(encodings.length + list.length, options.maxWindows);
    const words = options.wholeWords ? tokenizer.wordIds(tokens) : undefined;
    const cut: Cut = { offsets: tokens.offsets, words, owner: maxContext(length, list), windows: [] };
    for (const [w, { first, count }] of list.entries()) {
      encodings.push(join(tokenizer.specials, asked, { tokens, first, count }));
      places.push((logits) => {
        cut.windows[w] = { first, count, contextAt: asked.count + 2, logits }; // [CLS] question [SEP]
      });
    }
    return cut;
  });

  await runBatches(model, encodings, [plugin.name], options, (i, [row]) => {
    expectShape(plugin, row, encodings[i].ids.length);
    places[i](row.data.slice(0, 2 * encodings[i].ids.length));
  });
  return cuts.map(({ offsets, words, owner, windows: scored }, i) => {
    const { id, context } = questions[i];
    const name = id === undefined ? {} : { id };
    if (scored.length === 0) return { ...name, ...nothing, answers: [] };
    const { spans, nullScore } = decodeSpans(context, offsets, scored, owner, {
      ...options,
      words,
      maxAnswer,
      noAnswer,
      candidates: CANDIDATES,
    });
    const answers = spans.slice(0, top);
    const best = spans.at(0);
    if (!best || (noAnswer && nullScore - best.score > threshold))
      return { ...name, ...nothing, nullScore, answers };
    const { text, start, end, score } = best;
    return { ...name, answer: text, start, end, score, nullScore, answers };
  });
}

const nothing = { answer: "", start: null, end: null, score: null } as const;
