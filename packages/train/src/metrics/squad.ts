/**
 * SQuAD's two official scorers, evaluate-v1.1.py and evaluate-v2.0.py, with their keys and their disagreements:
 * 1.1 counts a question without prediction as wrong and gives no F1 to an answer that normalises to nothing; 2.0
 * leaves such a question out and counts nothing against nothing as right.
 *
 * Thresholds and precision over recall, which need probabilities of "no answer", are in `squad-thresholds.ts`.
 */
import { ClozeError } from "@cloze/core";
import { areas, bestThresholds, tunedThresholds } from "./squad-thresholds.ts";

/** What scoring asks of a question: its id, and the texts that are right. */
export interface ScoredQuestion {
  readonly id: string;
  /** None where the question has no answer. */
  readonly references: readonly string[];
}

/** The predicted text by the question's id. */
export type Predictions = ReadonlyMap<string, string>;

/** Exact match and F1 of one question, 0 to 1. */
export interface QuestionScore {
  readonly exact: number;
  readonly f1: number;
}

/** evaluate-v1.1.py's keys, in per cent. */
export interface Squad1Metrics {
  readonly exact_match: number;
  readonly f1: number;
}

/** evaluate-v2.0.py's keys, in per cent and counts. A group without questions has no keys. */
export type Squad2Metrics = Readonly<Record<string, number>>;

/**
 * Scores predictions as evaluate-v1.1.py does.
 *
 * @throws ClozeError `invalid-input` when a question has no reference answer (the script stops there), or there is none.
 *
 * @example
 * scoreSquad1([{ id: "1", references: ["in 1896"] }], new Map([["1", "1896"]])); // { exact_match: 0, f1: 66.7 }
 */
export function scoreSquad1(questions: readonly ScoredQuestion[], predictions: Predictions): Squad1Metrics {
  let exact = 0;
  let f1 = 0;
  for (const { id, references } of questions) {
    if (references.length === 0)
      throw new ClozeError("invalid-input", `Question ${id} has no answer, as only SQuAD 2.0 allows.`);
    const prediction = predictions.get(id);
    if (prediction === undefined) continue;
    const score = scoreAnswer(prediction, references.map(normalizeAnswer));
    exact += score.exact;
    f1 += score.f1;
  }
  if (questions.length === 0) throw nothingToScore();
  return { exact_match: (100 * exact) / questions.length, f1: (100 * f1) / questions.length };
}

/** What `evaluate-v2.0.py` takes. */
export interface Squad2Options {
  /** The probability of "no answer" by id, in the file's order: ties in the search for a threshold keep it. */
  readonly noAnswerProbabilities?: ReadonlyMap<string, number> | undefined;
  /** A question whose probability is above this counts as unanswered: 1 by default, as in the script. */
  readonly threshold?: number | undefined;
}

/**
 * Scores predictions as evaluate-v2.0.py does: `exact`, `f1`, `total`, the same with `HasAns_` and `NoAns_`; with
 * probabilities also `best_exact`, `best_exact_thresh`, `best_f1`, `best_f1_thresh`, `pr_exact_ap`, `pr_f1_ap` and
 * `pr_oracle_ap`.
 *
 * @throws ClozeError `invalid-input` when a predicted question has no probability, or nothing was predicted.
 * @example
 * const questions = [{ id: "1", references: ["1896"] }, { id: "2", references: [] }];
 * scoreSquad2(questions, new Map([["1", "in 1896"], ["2", ""]])); // { exact: 50, f1: 83.3, total: 2, HasAns_exact: 0, … }
 */
export function scoreSquad2(
  questions: readonly ScoredQuestion[],
  predictions: Predictions,
  { noAnswerProbabilities, threshold = 1 }: Squad2Options = {},
): Squad2Metrics {
  const answerable = new Map(questions.map(({ id, references }) => [id, references.length > 0]));
  const raw = new Map<string, QuestionScore>();
  const kept = new Map<string, QuestionScore>();
  for (const { id, references } of questions) {
    const prediction = predictions.get(id);
    if (prediction === undefined) continue;
    const score = scoreSquad2Question(prediction, references);
    raw.set(id, score);
    const refused = noAnswerProbabilities ? measureOf(noAnswerProbabilities, id) > threshold : false;
    const empty = answerable.get(id) ? 0 : 1;
    kept.set(id, refused ? { exact: empty, f1: empty } : score);
  }
  if (kept.size === 0) throw nothingToScore();
  const scores = [...kept];
  return {
    ...group("", scores),
    ...group(
      "HasAns_",
      scores.filter(([id]) => answerable.get(id)),
    ),
    ...group(
      "NoAns_",
      scores.filter(([id]) => !answerable.get(id)),
    ),
    ...(noAnswerProbabilities && {
      ...bestThresholds(raw, predictions, noAnswerProbabilities, answerable),
      ...areas(raw, noAnswerProbabilities, answerable),
    }),
  };
}

/**
 * The best thresholds in hindsight, of a measure of "no answer": a question is left unanswered where it is above. The
 * search is evaluate-v2.0.py's; the thresholds are as round as they can be without dividing otherwise.
 *
 * @param predictions The best answer of every question, even where none would be given.
 * @param measures By how much no answer leads (null score - best score), or its probability.
 * @returns `best_exact`, `best_exact_thresh`, `best_f1` and `best_f1_thresh`, as the script has them.
 * @throws ClozeError `invalid-input` when a predicted question has no measure, or nothing was predicted.
 *
 * @example
 * const questions = [{ id: "1", references: ["1896"] }];
 * tuneThreshold(questions, new Map([["1", "in 1896"]]), new Map([["1", -2.37]])).best_f1_thresh; // -2
 */
export function tuneThreshold(
  questions: readonly ScoredQuestion[],
  predictions: Predictions,
  measures: ReadonlyMap<string, number>,
): Squad2Metrics {
  const scores = new Map<string, QuestionScore>();
  const refused = new Map<string, QuestionScore>();
  for (const { id, references } of questions) {
    const prediction = predictions.get(id);
    if (prediction === undefined) continue;
    measureOf(measures, id);
    scores.set(id, scoreSquad2Question(prediction, references));
    refused.set(id, scoreSquad2Question("", references));
  }
  if (scores.size === 0) throw nothingToScore();
  return tunedThresholds(scores, refused, measures);
}

function scoreSquad2Question(prediction: string, references: readonly string[]): QuestionScore {
  const golds = references.map(normalizeAnswer).filter((gold) => gold !== "");
  if (golds.length > 0) return scoreAnswer(prediction, golds);
  const right = normalizeAnswer(prediction) === "" ? 1 : 0;
  return { exact: right, f1: right };
}

/** The best of a prediction's scores over the reference answers, which are normalised. */
function scoreAnswer(text: string, golds: readonly string[]): QuestionScore {
  const prediction = normalizeAnswer(text);
  return {
    exact: golds.includes(prediction) ? 1 : 0,
    f1: Math.max(...golds.map((gold) => wordF1(words(prediction), words(gold)))),
  };
}

/** F1 of two bags of words; 0 where they share none, even where both are empty. */
function wordF1(prediction: readonly string[], gold: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const word of gold) counts.set(word, (counts.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of prediction) {
    const left = counts.get(word) ?? 0;
    if (left > 0) shared++;
    counts.set(word, left - 1);
  }
  if (shared === 0) return 0;
  const precision = shared / prediction.length;
  const recall = shared / gold.length;
  return (2 * precision * recall) / (precision + recall);
}

/** `string.punctuation`: ASCII's 32, symbols such as $ among them; no dash, quotation mark or 。 beyond ASCII. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
/** Python's \b, which knows all letters and digits; JavaScript's ends a word before the ñ of "España". */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;
/** What `str.split()` splits at: Unicode's white space and U+001C … U+001F; not U+FEFF, as JavaScript's \s does. */
// oxlint-disable-next-line no-control-regex -- Python splits at them
const WHITE_SPACE = /[\p{White_Space}\x1C-\x1F]+/u;

/**
 * `normalize_answer` of both scripts: lower case, no punctuation, no English articles, single spaces; in this order,
 * so that "the-cat" is the one word "thecat".
 *
 * @example
 * normalizeAnswer("The  Cherry Orchard."); // "cherry orchard"
 */
export function normalizeAnswer(text: string): string {
  return words(text.toLowerCase().replace(PUNCTUATION, "").replace(ARTICLES, " ")).join(" ");
}

function words(text: string): string[] {
  return text.split(WHITE_SPACE).filter((word) => word !== "");
}

function group(prefix: string, scores: readonly (readonly [string, QuestionScore])[]): Squad2Metrics {
  if (scores.length === 0) return {};
  const percent = (key: keyof QuestionScore): number =>
    (100 * scores.reduce((sum, [, score]) => sum + score[key], 0)) / scores.length;
  return {
    [`${prefix}exact`]: percent("exact"),
    [`${prefix}f1`]: percent("f1"),
    [`${prefix}total`]: scores.length,
  };
}

function measureOf(measures: ReadonlyMap<string, number>, id: string): number {
  const value = measures.get(id);
  if (value !== undefined) return value;
  throw new ClozeError("invalid-input", `Question ${id} was predicted, but has no no-answer probability.`);
}

function nothingToScore(): ClozeError {
  return new ClozeError(
    "invalid-input",
    "There is nothing to score: no prediction is of a question in the data.",
  );
}
