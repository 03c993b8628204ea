/**
 * Question answering: windows over each context, and in each the answer's first and last token, as
 * `convert_examples_to_features` of google-research/bert's run_squad.py makes them. A window without the answer is
 * answered by [CLS], and so is a question without one.
 */
import { ClozeError, join, whole, windows } from "@cloze/core";
import type { Encoding } from "@cloze/core";
import { parseSquad } from "../../datasets/squad.ts";
import type { MisplacedAnswer, SquadAnswer, SquadData, SquadQuestion } from "../../datasets/squad.ts";
import { evaluateAnswers } from "../evaluation/answers.ts";
import { PackedRows } from "../examples.ts";
import { knownHead, labelFeeds, lengthOf, overlapOf, ownHead, readData, refuse } from "./task.ts";
import type { PreparedTask, TaskContext } from "./task.ts";

/** Tokens of a question that are read, as `ask` does. */
const MAX_QUESTION = 64;
/** Tokens of a window by default (run_squad.py's max_seq_length). */
const USUAL_LENGTH = 384;
/** [CLS] question [SEP] … [SEP]. */
const SPECIALS = 3;

/** @throws ClozeError `invalid-input` for a file that is not in SQuAD's form. */
export async function prepareSquad(context: TaskContext): Promise<PreparedTask> {
  const { options } = context;
  refuse(options, ["columns", "scheme", "multiLabel", "classWeights"]);
  const train = await readQuestions(options.train, "train", options.limit);
  const dev = await readQuestions(options.dev, "dev", options.limit);
  for (const question of dev.questions) partWindow(context, question); // refused now, not after an epoch
  const { rows, spans, leftOut } = packQuestions(context, train.questions);
  report(options.onWarning, leftOut, train.misplaced);
  if (rows.count === 0)
    throw new ClozeError("invalid-input", `${options.train} has no question that can be learned from.`, {
      field: "train",
    });
  const known = knownHead(context, "span");
  const plugin = known ?? ownHead("span", []);
  const counts = new Float32Array(rows.count).fill(1);
  const maxLength = lengthOf(context, USUAL_LENGTH);
  const exact = dev.form === "1.1" ? "exact_match" : "exact";
  return {
    plugin,
    known: known !== undefined,
    examples: { rows, rowsEach: 1, counts, labels: labelFeeds(plugin, spans, counts, [2]) },
    metrics: ["f1", exact],
    rows: { train: train.questions.length, dev: dev.questions.length },
    leftOut: leftOut.length,
    evaluate: (bert, asked) =>
      evaluateAnswers(bert, plugin, dev, { ...asked, maxLength, overlap: options.overlap }),
  };
}

async function readQuestions(file: string, field: "train" | "dev", limit?: number): Promise<SquadData> {
  const { form, questions, misplaced } = parseSquad((await readData(file, field)).text);
  if (questions.length === 0) throw new ClozeError("invalid-input", `${file} has no questions.`, { field });
  const some = questions.slice(0, limit);
  const ids = new Set(some.map(({ id }) => id));
  return { form, questions: some, misplaced: misplaced.filter(({ id }) => ids.has(id)) };
}

/** Windows to be learned from. */
interface PackedQuestions {
  readonly rows: PackedRows;
  /** Where the answer begins and ends in each row, [rows, 2]. */
  readonly spans: Int32Array;
  /** The ids of questions whose answer cannot be found. */
  readonly leftOut: readonly string[];
}

/**
 * The windows of questions. Learned from is the first answer of each.
 *
 * @throws ClozeError `invalid-option` for a length or an overlap with which windows do not get on.
 */
export function packQuestions(context: TaskContext, questions: readonly SquadQuestion[]): PackedQuestions {
  const { tokenizer } = context.folder;
  const spans: number[] = [];
  const leftOut: string[] = [];
  function* encodings(): Generator<Encoding> {
    for (const { id, question, context: text, answers, references } of questions) {
      const tokens = tokenizer.tokenize(text);
      const answer = answers.at(0);
      const found = answer && tokensOf(answer, tokens.offsets);
      if (references.length > 0 && found === undefined) {
        leftOut.push(id);
        continue;
      }
      const { asked, room, overlap } = partWindow(context, { id, question });
      const contextAt = asked.count + 2; // after [CLS] question [SEP]
      for (const { first, count } of windows(tokens.ids.length, room, overlap)) {
        const inside = found !== undefined && found[0] >= first && found[1] < first + count;
        spans.push(...(inside ? found.map((token) => token - first + contextAt) : [0, 0]));
        yield join(tokenizer.specials, asked, { tokens, first, count });
      }
    }
  }
  const rows = new PackedRows(encodings());
  return { rows, spans: Int32Array.from(spans), leftOut };
}

/**
 * What of a window is a question's, and what is left for its context.
 *
 * @throws ClozeError `invalid-option` where that is nothing, naming the question, or less than the overlap.
 */
function partWindow(context: TaskContext, { id, question }: Pick<SquadQuestion, "id" | "question">) {
  const maxLength = lengthOf(context, USUAL_LENGTH);
  const all = whole(context.folder.tokenizer.tokenize(question));
  const asked = { ...all, count: Math.min(all.count, MAX_QUESTION) };
  const room = maxLength - asked.count - SPECIALS;
  if (room < 1)
    throw new ClozeError(
      "invalid-option",
      `Question ${id} leaves none of ${maxLength} tokens to its context: allow more, or leave it out.`,
      { field: "maxLength" },
    );
  const overlap = overlapOf(context, room);
  windows(0, room, overlap); // refuses what leaves no step
  return { asked, room, overlap };
}

/** The first and the last token that an answer has a part of; undefined where it has none. */
function tokensOf({ text, start }: SquadAnswer, offsets: Int32Array): [number, number] | undefined {
  const end = start + text.length;
  let first = -1;
  let last = -1;
  for (let token = 0; token < offsets.length / 2; token++) {
    if (offsets[2 * token] >= end) break;
    if (offsets[2 * token + 1] <= start) continue;
    if (first < 0) first = token;
    last = token;
  }
  return first < 0 ? undefined : [first, last];
}

function report(
  onWarning: ((message: string) => void) | undefined,
  leftOut: readonly string[],
  misplaced: readonly MisplacedAnswer[],
): void {
  if (misplaced.length > 0) {
    const { id, text, start } = misplaced[0];
    onWarning?.(
      `${misplaced.length} answers do not stand where the file says (the first is of question ${id}: ` +
        `${JSON.stringify(text)} is not at ${String(start)}).`,
    );
  }
  if (leftOut.length > 0)
    onWarning?.(
      `${leftOut.length} questions are left out, whose answer is not found: ${leftOut.slice(0, 5).join(", ")}` +
        `${leftOut.length > 5 ? " …" : ""}.`,
    );
}
