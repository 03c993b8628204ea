/**
 * The starter on SQuAD and SST-2: its answers text by text against those of the training's PyTorch
 * (tests/fixtures/starter/reference), its n-best against google-research/bert's (squad-n-best.json.gz, by
 * tests/reference/ask.py), and the figures of its model card. About two minutes on two cores; it needs the data (CLOZE_SHARED, else ../shared).
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import type { Answer } from "@cloze/core";
import { parseSquad } from "@cloze/train/datasets";
import { scoreSquad1, scoreSquad2 } from "@cloze/train/metrics";
import { load } from "@cloze/runtime/node";
import { expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";
import { readFixture } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";
import { near } from "./near.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const data = path.join(process.env.CLOZE_SHARED ?? path.join(root, "../shared"), "data");
const here = existsSync(data);
const minutes = 60_000;

interface BestSpan {
  readonly text: string;
  readonly start: number | null;
  readonly end: number | null;
  readonly score: number;
  readonly nullScore: number;
}

const read = (file: string): string => readFileSync(file, "utf8");
const reference = (name: string): Record<string, BestSpan> =>
  JSON.parse(read(path.join(root, `tests/fixtures/starter/reference/squad-${name}.json`))) as Record<
    string,
    BestSpan
  >;

/** By question: the null score, the best five, and a checksum of all; and of some, all. */
interface NBest {
  readonly all: Readonly<Record<string, readonly [number, readonly NBestSpan[], number | null]>>;
  readonly full: Readonly<Record<string, { readonly answers: readonly (readonly number[])[] }>>;
}
type NBestSpan = readonly [start: number, end: number, score: number];

const nBest = readFixture("starter/squad-n-best.json.gz") as Readonly<Record<string, NBest>>;

/**
 * Compares the n-best of one question. Where the checksum is null some scores are within 1e-4 of each other, and what
 * float32 makes of that is open: then the scores are compared, and not the places.
 */
function compareNBest({ all, full }: NBest, id: string, { answers, nullScore }: Answer): void {
  const [expectedNull, best, checksum] = all[id];
  expect(nullScore, id).toEqual(near(expectedNull));
  for (const [n, [start, end, score]] of best.entries()) {
    const place = checksum === null ? {} : { start, end };
    expect(answers[n], id).toMatchObject({ ...place, score: near(score) });
  }
  if (checksum === null) return;
  expect(crc32(answers.map(({ start, end }) => `${start}-${end} `).join("")), id).toBe(checksum);
  for (const [n, [start, end, score, probability]] of (full[id]?.answers ?? []).entries()) {
    expect(answers[n], id).toMatchObject({ start, end, score: near(score), probability: near(probability) });
  }
}

/** Asks every question of a file, and compares the best span of each with the reference. */
async function answerAll(name: string, noAnswer: boolean) {
  const { questions, misplaced } = parseSquad(read(path.join(data, `squad/${name}.json`)));
  expect(misplaced).toEqual([]);
  await using bert = await load(starter);
  const answers = await bert.ask(questions, { noAnswer });
  const expected = reference(name);
  for (const [i, { answers: spans, nullScore }] of answers.entries()) {
    const { id } = questions[i];
    const { text, start, end, score, nullScore: expectedNull } = expected[id];
    expect({ id, ...spans[0] }).toMatchObject({ id, text, start, end, score: expect.closeTo(score, 2) });
    expect(nullScore).toBeCloseTo(expectedNull, 2);
    compareNBest(nBest[name], id, answers[i]);
  }
  return { questions, answers };
}

test.runIf(here)(
  "SQuAD 1.1: every answer is the reference's, and so are the scores",
  { timeout: 10 * minutes },
  async () => {
    const { questions, answers } = await answerAll("v1.1-val", false);
    const scores = scoreSquad1(questions, new Map(answers.map(({ answer }, i) => [questions[i].id, answer])));
    expect(scores.exact_match).toBeCloseTo(51.89, 1);
    expect(scores.f1).toBeCloseTo(63.98, 1);
  },
);

test.runIf(here)(
  "SQuAD 2.0: every answer is the reference's, and so are the scores",
  { timeout: 10 * minutes },
  async () => {
    const { questions, answers } = await answerAll("v2.0-val", true);
    const tuned = scoreSquad2(questions, new Map(answers.map(({ answer }, i) => [questions[i].id, answer])));
    expect([tuned.exact, tuned.f1]).toEqual([expect.closeTo(48.83, 1), expect.closeTo(51.74, 1)]);
    const atZero = answers.map(({ answers: [best], nullScore = 0 }, i): [string, string] => [
      questions[i].id,
      nullScore > best.score ? "" : best.text,
    ]);
    const { exact, f1 } = scoreSquad2(questions, new Map(atZero));
    expect([exact, f1]).toEqual([expect.closeTo(46.73, 1), expect.closeTo(51.06, 1)]);
  },
);

test.runIf(here)("SST-2: the accuracy is the model card's", { timeout: 10 * minutes }, async () => {
  const file = path.join(data, "sst2/dev.tsv");
  const result = await cloze(["evaluate", "--task", "classify", "--data", file, "--json"]);
  const [{ accuracy }] = result.json() as { accuracy: number }[];
  expect(100 * accuracy).toBeCloseTo(89.11, 1);
});
