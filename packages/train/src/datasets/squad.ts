/**
 * SQuAD 1.1 and 2.0 (and XQuAD, CMRC, DRCD, which share the form): JSON to questions, each with its context.
 *
 * The file counts `answer_start` in Unicode code points; here it is in UTF-16 units like every offset of Cloze.
 * Scoring is left to `metrics/squad.ts`.
 */
import { ClozeError } from "@cloze/core";

/** An answer that stands where the file says. */
export interface SquadAnswer {
  readonly text: string;
  /** In UTF-16 units: `context.startsWith(text, start)`. */
  readonly start: number;
}

/** A question with its context and its answers. */
export interface SquadQuestion {
  readonly id: string;
  readonly question: string;
  readonly context: string;
  /** The answers that stand where the file says: those that can be trained on. */
  readonly answers: readonly SquadAnswer[];
  /** The texts of all reference answers, misplaced and unlocated ones too: those that count in scoring. */
  readonly references: readonly string[];
}

/** An answer whose start does not hold its text. */
export interface MisplacedAnswer {
  readonly id: string;
  readonly text: string;
  /** As in the file, in code points. */
  readonly start: unknown;
}

/** A SQuAD file. */
export interface SquadData {
  /** Which official script scores it: 2.0 where a question may have no answer. */
  readonly form: "1.1" | "2.0";
  /** In the order of the file. */
  readonly questions: readonly SquadQuestion[];
  /** To be reported, never trained on. */
  readonly misplaced: readonly MisplacedAnswer[];
}

/**
 * Reads a SQuAD file. A byte order mark and CRLF are accepted.
 *
 * @throws ClozeError `invalid-input` when it is not JSON or not of SQuAD's form, with the place that is wrong.
 *
 * @example
 * const { form, questions, misplaced } = parseSquad(await readFile("dev-v2.0.json", "utf8"));
 */
export function parseSquad(text: string): SquadData {
  const file = record(parseJson(text), "the file");
  const questions: SquadQuestion[] = [];
  const misplaced: MisplacedAnswer[] = [];
  let unanswered = false;
  for (const [a, article] of list(file.data, "data").entries()) {
    const articleAt = `data[${a}]`;
    const paragraphs = list(record(article, articleAt).paragraphs, `${articleAt}.paragraphs`);
    for (const [p, value] of paragraphs.entries()) {
      const at = `${articleAt}.paragraphs[${p}]`;
      const paragraph = record(value, at);
      const context = string(paragraph.context, `${at}.context`);
      const place = codePointPlaces(context);
      for (const [q, qa] of list(paragraph.qas, `${at}.qas`).entries()) {
        const item = record(qa, `${at}.qas[${q}]`);
        const read = parseQuestion(item, `${at}.qas[${q}]`, context, place);
        questions.push(read.question);
        misplaced.push(...read.misplaced);
        unanswered ||= item.is_impossible === true || read.question.references.length === 0;
      }
    }
  }
  const form = unanswered || /^v?2/.test(String(file.version)) ? "2.0" : "1.1";
  return { form, questions, misplaced };
}

function parseQuestion(
  item: Readonly<Record<string, unknown>>,
  at: string,
  context: string,
  place: (codePoint: number) => number,
): { question: SquadQuestion; misplaced: MisplacedAnswer[] } {
  const id = string(item.id, `${at}.id`);
  const answers: SquadAnswer[] = [];
  const references: string[] = [];
  const misplaced: MisplacedAnswer[] = [];
  for (const [n, value] of list(item.answers ?? [], `${at}.answers`).entries()) {
    const answer = record(value, `${at}.answers[${n}]`);
    const text = string(answer.text, `${at}.answers[${n}].text`);
    references.push(text);
    const start = Number.isSafeInteger(answer.answer_start) ? place(Number(answer.answer_start)) : -1;
    if (start >= 0 && context.startsWith(text, start)) answers.push({ text, start });
    else misplaced.push({ id, text, start: answer.answer_start });
  }
  const unlocated = list(item.unlocated_answers ?? [], `${at}.unlocated_answers`); // CMRC 2018
  references.push(...unlocated.map((text, n) => string(text, `${at}.unlocated_answers[${n}]`)));
  const question = string(item.question, `${at}.question`);
  return { question: { id, question, context, answers, references }, misplaced };
}

/** From code points to UTF-16 units; -1 for a place outside the text. */
function codePointPlaces(text: string): (codePoint: number) => number {
  const astral = /[\uD800-\uDBFF]/.test(text);
  if (!astral) return (place) => (place >= 0 && place <= text.length ? place : -1);
  const units = [0];
  for (const character of text) units.push(units[units.length - 1] + character.length);
  return (place) => units[place] ?? -1;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch (cause) {
    throw new ClozeError("invalid-input", "This is not JSON: give a file in SQuAD's form.", { cause });
  }
}

function record(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw notSquad(field, "an object");
}

function list(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw notSquad(field, "a list");
}

function string(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw notSquad(field, "a text");
}

function notSquad(field: string, what: string): ClozeError {
  return new ClozeError("invalid-input", `This is not in SQuAD's form: ${field} should be ${what}.`, {
    field,
  });
}
