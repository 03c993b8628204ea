import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { presets, Tokenizer, Vocabulary } from "@cloze/core";
import type { SquadQuestion } from "../../datasets/squad.ts";
import type { FinetuneOptions } from "../finetune-options.ts";
import { weightsOf } from "./labels.ts";
import { packQuestions } from "./squad.ts";
import { packSentences, prepareTag } from "./tag.ts";
import type { TaskContext } from "./task.ts";

const letters = Array.from("abcdefgh");
const pieces = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  ...letters,
  ...letters.map((one) => `##${one}`),
  "?",
];
const tokenizer = new Tokenizer(Vocabulary.of(pieces));

function contextOf(options: Partial<FinetuneOptions>): TaskContext {
  const base = { model: "", task: "squad", train: "", dev: "", out: "" } as const;
  const config = { ...presets.tiny, vocabularySize: pieces.length };
  return { options: { ...base, ...options }, folder: { config, plugins: [], tokenizer, tensors: new Map() } };
}

const question = (context: string, answer: string, start: number): SquadQuestion => ({
  id: context,
  question: "a ?",
  context,
  answers: start < 0 ? [] : [{ text: answer, start }],
  references: answer === "" ? [] : [answer],
});

/** What is between a span's ends, of each row. */
function spansOf(questions: readonly SquadQuestion[], options: Partial<FinetuneOptions>) {
  const { rows, spans, leftOut } = packQuestions(contextOf(options), questions);
  const texts = Array.from({ length: rows.count }, (_, row) => {
    const ids = rows.ids.subarray(rows.starts[row], rows.starts[row + 1]);
    return tokenizer.decode(ids.subarray(spans[2 * row], spans[2 * row + 1] + 1));
  });
  return { texts, spans: Array.from(spans), leftOut };
}

test("an answer is learned from its first token to its last", () => {
  expect(spansOf([question("a bcd e", "bcd e", 2)], {})).toEqual({
    texts: ["bcd e"],
    spans: [5, 8],
    leftOut: [],
  });
});

test("an answer that begins or ends inside a token takes all of it", () => {
  expect(spansOf([question("a [MASK] e", "AS", 4)], {}).spans).toEqual([5, 5]);
});

test("places are found past characters of two units", () => {
  expect(spansOf([question("🙂🙂 a b", "b", 7)], {}).texts).toEqual(["b"]);
});

test("a window without the answer is answered by [CLS]", () => {
  // Four places for the context beside [CLS] a ? [SEP] … [SEP].
  const { spans, texts } = spansOf([question("a b c d e f g h", "g", 12)], { maxLength: 9, overlap: 2 });
  expect(spans).toEqual([0, 0, 0, 0, 6, 6]);
  expect(texts.at(-1)).toBe("g");
});

test("an answer that lies in two windows is learned in both, one that lies across is learned in neither", () => {
  const { texts } = spansOf([question("a b c d e f", "c d", 4)], { maxLength: 9, overlap: 2 });
  expect(texts).toEqual(["c d", "c d"]);
  const across = spansOf([question("a b c d e f", "d e", 6)], { maxLength: 9, overlap: 0 });
  expect(across.spans).toEqual([0, 0, 0, 0]);
});

test("a question without an answer is answered by [CLS]; one whose answer is not found is left out by name", () => {
  const { spans, leftOut } = spansOf([question("a b", "", -1), question("b a", "x", -1)], {});
  expect(spans).toEqual([0, 0]);
  expect(leftOut).toEqual(["b a"]);
});

test("a question that leaves no token to its context is refused by name", () => {
  expect(() => spansOf([question("b", "b", 0)], { maxLength: 5 })).toThrow(
    "Question b leaves none of 5 tokens to its context: allow more, or leave it out.",
  );
  expect(() => spansOf([question("b", "b", 0)], { maxLength: 9, overlap: 4 })).toThrow(
    "An overlap of 4 leaves no step",
  );
});

const names = ["O", "B-X", "I-X"];

test("a word's label stands on its first piece, and its other pieces have none", () => {
  const sentence = { line: 1, words: ["abc", "d", "e?"], labels: ["B-X", "I-X", "O"] };
  const { labels } = packSentences(contextOf({}), [sentence], names);
  // [CLS] a ##b ##c d e ? [SEP]
  expect(Array.from(labels)).toEqual([-1, 1, -1, -1, 2, 0, -1, -1]);
});

test("a word of which nothing is read takes no other's label", () => {
  const sentence = { line: 1, words: ["\u200B", "d", "e"], labels: ["B-X", "O", "B-X"] };
  const { rows, labels } = packSentences(contextOf({}), [sentence], names);
  const read = Array.from(labels).filter((label) => label >= 0);
  expect(tokenizer.decode(rows.ids)).toBe("d e");
  expect(read).toEqual([0, 1]);
});

test("a file of words of which nothing is read is refused by name", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "cloze-tag-"));
  const file = path.join(folder, "train.conll");
  writeFileSync(file, "\u200B\tB-X\n");
  try {
    const context = contextOf({ task: "tag", train: file, dev: file });
    await expect(prepareTag(context)).rejects.toThrow("train.conll has no word that can be learned from.");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("in windows every word is learned once, where it has the most context", () => {
  const words = Array.from("abcdefghabcdefgh");
  const sentence = { line: 1, words, labels: words.map((_, i) => names[i % 3]) };
  const { rows, labels } = packSentences(contextOf({ maxLength: 9, overlap: 4 }), [sentence], names);
  expect(rows.count).toBeGreaterThan(2);
  expect(Array.from(labels).filter((label) => label >= 0)).toEqual(words.map((_, i) => i % 3));
});

test("a window of the inner pieces of a long word alone is none to learn from", () => {
  const sentence = { line: 1, words: ["abcdefghabcdefgh", "d"], labels: ["B-X", "O"] };
  const { rows, labels } = packSentences(contextOf({ maxLength: 6, overlap: 0 }), [sentence], names);
  expect(Array.from({ length: rows.count }, (_, row) => rows.length(row))).toEqual([6, 3]);
  expect(Array.from(labels)).toEqual([-1, 1, -1, -1, -1, -1, -1, 0, -1]);
});

test("balanced weights count each label alike", () => {
  expect(weightsOf("balanced", ["a", "b"], [30, 10])).toEqual(Float32Array.of(40 / 60, 2));
  expect(weightsOf({ b: 3 }, ["a", "b"], [30, 10])).toEqual(Float32Array.of(1, 3));
  expect(() => weightsOf({ c: 3 }, ["a", "b"], [1, 1])).toThrow("c is no label, which are a, b.");
  expect(() => weightsOf({ b: -1 }, ["a", "b"], [1, 1])).toThrow(
    "The weight of b should be a number above 0, not -1.",
  );
});
