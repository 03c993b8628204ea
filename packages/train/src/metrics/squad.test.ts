import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSquad } from "../datasets/index.ts";
import { normalizeAnswer, scoreSquad1, scoreSquad2, tuneThreshold } from "./index.ts";
import { roundThreshold } from "./squad-thresholds.ts";

const fixtures = new URL("../../../../tests/fixtures/squad/", import.meta.url);
const shared = process.env.CLOZE_SHARED ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));

type Scores = Record<string, number>;

const read = (file: string | URL): string => readFileSync(file, "utf8");
const fixture = (name: string): string => read(new URL(name, fixtures));
const map = <T>(text: string): Map<string, T> =>
  new Map(Object.entries(JSON.parse(text) as Record<string, T>));

const expected = JSON.parse(fixture("expected.json")) as Record<
  string,
  Scores & Record<string, [number, number]>
>;
const predictions = map<string>(fixture("predictions.json"));
const some = map<string>(fixture("predictions-missing.json"));
const probabilities = map<number>(fixture("na-probs.json"));
const first = parseSquad(fixture("data-1.1.json"));
const second = parseSquad(fixture("data-v2.0.json"));

function expectScores(got: object, want: Scores): void {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const [key, value] of Object.entries(got) as [string, number][])
    expect(Math.abs(value - want[key]), key).toBeLessThan(1e-9);
}

test("the corner cases score as evaluate-v1.1.py scores them", () => {
  expectScores(scoreSquad1(first.questions, predictions), expected["1.1"]);
  expectScores(scoreSquad1(first.questions, some), expected["1.1 missing"]);
});

test("the corner cases score as evaluate-v2.0.py scores them", () => {
  expectScores(scoreSquad2(second.questions, predictions), expected["2.0"]);
  expectScores(scoreSquad2(second.questions, some), expected["2.0 missing"]);
});

test("thresholds and areas are evaluate-v2.0.py's", () => {
  const noAnswerProbabilities = probabilities;
  expectScores(
    scoreSquad2(second.questions, predictions, { noAnswerProbabilities }),
    expected["2.0 na-probs"],
  );
  expectScores(
    scoreSquad2(second.questions, predictions, { noAnswerProbabilities, threshold: 0.5 }),
    expected["2.0 na-probs, threshold 0.5"],
  );
});

test("no threshold is better than the tuned one", () => {
  const question = fc.record({
    lead: fc.integer({ min: -20, max: 20 }),
    references: fc.constantFrom([], ["b c"], ["b"], ["the"]),
    prediction: fc.constantFrom("c", "b", "c b", "a", ""),
  });
  fc.assert(
    fc.property(fc.array(question, { minLength: 1 }), (cases) => {
      const questions = cases.map(({ references }, i) => ({ id: `${i}`, references }));
      const predicted = new Map(cases.map(({ prediction }, i) => [`${i}`, prediction]));
      const leads = new Map(cases.map(({ lead }, i) => [`${i}`, lead / 4]));
      const score = (threshold: number) => {
        const kept = cases.map(({ prediction, lead }) => (lead / 4 > threshold ? "" : prediction));
        return scoreSquad2(questions, new Map(kept.map((text, i) => [`${i}`, text])));
      };
      const all = [-Infinity, ...leads.values()].map(score);
      const tuned = tuneThreshold(questions, predicted, leads);
      for (const key of ["exact", "f1"]) {
        expect(tuned[`best_${key}`]).toBeCloseTo(Math.max(...all.map((scores) => scores[key])), 9);
        expect(score(tuned[`best_${key}_thresh`])[key]).toBeCloseTo(tuned[`best_${key}`], 9);
      }
    }),
  );
});

test.each([
  [-1.9461, [-3, -1.9461, -1.9387], -1.94],
  [-1.9461, [-1.9461, -0.2], -1],
  [2.5, [1, 2.5], 3],
  [0.30001, [0.30001, 0.300011], 0.30001],
  [-Infinity, [-7.25, -3], -8],
])("a threshold of %s among %j is rounded to %s", (found, measures, round) => {
  expect(roundThreshold(found, measures)).toBe(round);
});

test.runIf(existsSync(`${shared}/data/squad/v2.0-val.json`))(
  "the starter's threshold can be tuned to 52.2 F1, where its card's -2 has 51.74",
  () => {
    const best = map<{ text: string; score: number; nullScore: number }>(
      read(new URL("../starter/reference/squad-v2.0-val.json", fixtures)),
    );
    const texts = new Map(Array.from(best, ([id, { text }]) => [id, text]));
    const leads = new Map(Array.from(best, ([id, { score, nullScore }]) => [id, nullScore - score]));
    const { questions } = parseSquad(read(`${shared}/data/squad/v2.0-val.json`));
    const card = scoreSquad2(questions, texts, { noAnswerProbabilities: leads, threshold: -2 });
    expect([card.exact, card.f1]).toEqual([expect.closeTo(48.83, 2), expect.closeTo(51.74, 2)]);
    const tuned = tuneThreshold(questions, texts, leads);
    expect(tuned.best_exact).toBeCloseTo(card.best_exact, 9);
    expect(tuned.best_f1).toBeCloseTo(card.best_f1, 9);
    expect(tuned).toEqual({
      best_exact: expect.closeTo(49.2, 2),
      best_exact_thresh: expect.closeTo(-2.46, 2),
      best_f1: expect.closeTo(52.19, 2),
      best_f1_thresh: expect.closeTo(-1.94, 2),
    });
  },
);

test.each(first.questions)("1.1 scores $references as Python does", (question) => {
  const [exact, f1] = expected["1.1 each"][question.id];
  expectScores(scoreSquad1([question], predictions), { exact_match: 100 * exact, f1: 100 * f1 });
});

test.each(second.questions)("2.0 scores $references as Python does", (question) => {
  const [exact, f1] = expected["2.0 each"][question.id];
  expect(scoreSquad2([question], predictions)).toMatchObject({ exact: 100 * exact, f1: 100 * f1, total: 1 });
});

test("answers are normalised in the scripts' order", () => {
  expect(normalizeAnswer("The  España, a the-cat!")).toBe("españa thecat");
});

test("what the scripts stop at is refused with a sentence", () => {
  expect(() => scoreSquad1([{ id: "x", references: [] }], predictions)).toThrow("Question x has no answer");
  expect(() => scoreSquad1([], predictions)).toThrow("nothing to score");
  expect(() => scoreSquad2(second.questions, new Map())).toThrow("nothing to score");
  expect(() => tuneThreshold([], predictions, probabilities)).toThrow("nothing to score");
  expect(() => tuneThreshold(second.questions, predictions, new Map())).toThrow(
    "has no no-answer probability",
  );
  expect(() => scoreSquad2(second.questions, predictions, { noAnswerProbabilities: new Map() })).toThrow(
    "Question q00 was predicted, but has no no-answer probability",
  );
});

const published = [
  ["v1.1", "BERT (ensemble) (Google AI Language)"],
  ["v1.1", "Logistic Regression Baseline (Stanford University)"],
  ["v2.0", "BERT (single model) (Google AI Language)"],
  [
    "v2.0",
    "BiDAF + Self Attention + ELMo (single model) (Allen Institute for Artificial Intelligence [modified by Stanford])",
  ],
].flatMap(([version, system]) => ["train", "val"].map((part) => ({ version, system, part })));

test.runIf(existsSync(`${shared}/data/squad/predictions`)).each(published)(
  "the published predictions of $system score as they did officially, $version $part",
  ({ version, system, part }) => {
    const folder = `${shared}/data/squad`;
    const name = system.replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "");
    const predicted = map<string>(read(`${folder}/predictions/${version}-${name}.json`));
    const { questions } = parseSquad(read(`${folder}/${version}-${part}.json`));
    const all = JSON.parse(read(`${folder}/predictions/${version}-expected-scores.json`)) as Record<
      string,
      Record<string, Scores>
    >;
    const { missing_predictions, ...want } = all[system][part];
    // The figures kept for 1.1 are the second script's: questions without prediction left out.
    const got = scoreSquad2(questions, predicted);
    expectScores(got, want);
    expect(questions.length - got.total).toBe(missing_predictions);
    if (version === "v1.1") {
      const answered = got.total / questions.length;
      expectScores(scoreSquad1(questions, predicted), {
        exact_match: want.exact * answered,
        f1: want.f1 * answered,
      });
    }
  },
);
