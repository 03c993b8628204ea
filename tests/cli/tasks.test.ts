/** `fill`, `choose`, `next` and `similar` as a shell runs them, and the data sets that measure them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { cloze } from "./cloze.ts";

const checkpoint = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/checkpoints/${name}`, import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "cloze-tasks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const jsonLines = (values: readonly object[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");

interface Filled {
  readonly masks: { start: number; end: number; predictions: { token: string; score: number }[] }[];
  readonly fillings?: { text: string; tokens: string[]; score: number }[];
}

test("fill gives each mask its place and its best words", async () => {
  const text = "The [MASK] 🙂 sat on the [MASK].";
  const result = await cloze(["fill", text, "--top", "3", "--json"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  const [{ masks }] = result.json() as Filled[];
  expect(masks.map(({ start, end }) => text.slice(start, end))).toEqual(["[MASK]", "[MASK]"]);
  for (const { predictions } of masks) {
    const scores = predictions.map(({ score }) => score);
    expect(scores).toHaveLength(3);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  }
});

test("fill shows people a mask's words, and of several masks which is which", async () => {
  const one = await cloze(["fill", "He read a [MASK].", "--top", "2"]);
  expect(one.out).toMatch(/^He read a \[MASK\]\.\n( +\d+\.\d\d %  \w+\n){2}$/);
  const two = await cloze(["fill", "The [MASK] sat on the [MASK].", "--top", "2"]);
  expect(two.out).toMatch(
    /^The \[MASK\]\(1\) sat on the \[MASK\]\(2\)\.\n {2}\(1\) .* %  \w+\n {7}.* %  \w+\n {2}\(2\) .* %  \w+\n {7}.* %  \w+\n$/,
  );
});

test("fill scores targets and no others, of several pieces where that is allowed", async () => {
  const fill = ["fill", "The film was [MASK].", "--json", "--targets"];
  const [{ masks }] = (await cloze([...fill, "good, bad"])).json() as Filled[];
  expect(masks[0].predictions.map(({ token }) => token).toSorted()).toEqual(["bad", "good"]);
  const refused = await cloze([...fill, "good,unputdownable"]);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/^The target "unputdownable" is not one piece but 4 .*\n$/);
  const [pieces] = (await cloze([...fill, "good,unputdownable", "--pieces"])).json() as Filled[];
  expect(pieces.masks[0].predictions).toMatchObject([{ token: "good" }, { token: "unputdownable" }]);
});

test("fill fills masks together, and shows people the whole text", async () => {
  const fill = ["fill", "The [MASK] sat on the [MASK].", "--joint", "--top", "2"];
  const [{ fillings = [] }] = (await cloze([...fill, "--beams", "8", "--json"])).json() as Filled[];
  expect(fillings).toHaveLength(2);
  for (const { text, tokens } of fillings) expect(text).toBe(`The ${tokens[0]} sat on the ${tokens[1]}.`);
  expect((await cloze(fill)).out).toMatch(
    /^The \[MASK\] sat on the \[MASK\]\.\n( +\d+\.\d\d %  The \[\w+\] sat on the \[\w+\]\.\n){2}$/,
  );
});

test("fill answers a line without a mask in its place", async () => {
  const input = jsonLines([{ text: "a [MASK]" }, { text: "a film" }, { text: "the [MASK]" }]);
  const result = await cloze(["fill", "--input", "-", "--top", "1", "--json"], input);
  expect(result.code).toBe(2);
  expect(result.json()).toMatchObject([
    { masks: [{ start: 2 }] },
    { error: { code: "invalid-input", line: 2, message: expect.stringContaining("[MASK]") as unknown } },
    { masks: [{ start: 4 }] },
  ]);
});

test("next gives the probability that one text follows another", async () => {
  const pairs = [
    { text: "He went to the shop.", pair: "He bought a loaf of bread there." },
    { text: "He went to the shop.", pair: "The nitrogen cycle has four steps." },
  ];
  const result = await cloze(["next", "--input", "-", "--json"], jsonLines([...pairs, { text: "alone" }]));
  expect(result.code).toBe(2);
  const [near, far, error] = result.json() as { isNext: number }[];
  expect(near.isNext).toBeGreaterThan(far.isNext);
  expect(error).toMatchObject({ error: { line: 3, message: "pair should be a text, but is missing." } });
  const [{ text, pair }] = pairs;
  const alone = await cloze(["next", text, pair]);
  expect(alone.out).toMatch(/^follows +\d+\.\d\d %\ndoes not +\d+\.\d\d %\n$/);
  expect((await cloze(["next", text, pair, "--format", "tsv"])).out).toBe(
    `isNext\ttext\tpair\n${near.isNext}\t${text}\t${pair}\n`,
  );
});

test("choose gives the best choice and the probability of each", async () => {
  const model = ["--model", checkpoint("choice"), "--json"];
  const question = { context: "a b", question: "c d", choices: ["e", "f g", "h"] };
  const { context, choices } = question;
  const asArguments = await cloze(["choose", context, ...choices, "--question", "c d", ...model]);
  expect(asArguments).toMatchObject({ code: 0, err: "" });
  const [{ choice, scores }] = asArguments.json() as { choice: number; scores: number[] }[];
  expect(scores).toHaveLength(3);
  expect(scores.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  expect(scores[choice]).toBe(Math.max(...scores));
  const input = jsonLines([question, { context, choices: ["e"] }, { context, choices: ["e", 7] }]);
  const lines = await cloze(["choose", "--input", "-", ...model], input);
  expect(lines.json()).toMatchObject([
    { choice, scores: scores.map((score) => expect.closeTo(score, 5) as unknown) },
    { error: { line: 2, message: "choices should be two texts or more." } },
    { error: { line: 3, message: "choices[1] should be a text, but is a number." } },
  ]);
  const shown = await cloze(["choose", context, ...choices, "--model", checkpoint("choice")]);
  expect(shown.out).toMatch(/^a b\n( +\d+\.\d\d %  [a-z ]+\n){3}$/);
});

test("choose says that the model has no head for it", async () => {
  const result = await cloze(["choose", "a", "b", "c"]);
  expect(result).toMatchObject({ code: 1, out: "" });
  expect(result.err).toContain("no head of kind choice");
});

test("similar ranks texts, the nearest first, with their places", async () => {
  const texts = ["The nitrogen cycle has four steps.", "A puppy runs about.", "A dog is running."];
  const similar = ["similar", "A dog is running about."];
  const all = (await cloze([...similar, ...texts, "--json"])).json() as {
    index: number;
    text: string;
    score: number;
  }[];
  expect(all.map(({ index, text }) => texts[index] === text)).toEqual([true, true, true]);
  expect(all.map(({ score }) => score)).toEqual(all.map(({ score }) => score).toSorted((a, b) => b - a));
  expect(all[0].index).toBe(2);

  const input = jsonLines([{ text: texts[0] }, {}, { text: texts[2] }]);
  const two = await cloze([...similar, "--input", "-", "--top", "1", "--json"], input);
  expect(two.code).toBe(2);
  expect(two.json()).toMatchObject([{ error: { line: 2 } }, { index: 2, text: texts[2] }]);
  const lines = await cloze([...similar, "--input", "-", "--lines", "--top", "1"], texts.join("\n"));
  expect(lines).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^ +0\.\d{4} {2}A dog is running\.\n$/),
  });
});

test("similar ranks any number of texts, and keeps the best of all", async () => {
  const texts = Array.from({ length: 600 }, (_, i) => ({ text: `step ${i}` }));
  texts[300] = { text: "A dog is running." };
  const result = await cloze(
    ["similar", "A dog is running.", "--input", "-", "--top", "2", "--json"],
    jsonLines(texts),
  );
  expect(result.json()).toMatchObject([{ index: 300, score: expect.closeTo(1, 4) as unknown }, {}]);
});

test.each([
  [["fill", "x [MASK]", "--pieces"], "--pieces is of targets: name them with --targets.\n"],
  [["fill", "x [MASK]", "--beams", "3"], "--beams is of filling masks together: give --joint with it.\n"],
  [["next", "one"], "Give two texts, two arguments in quotation marks.\n"],
  [
    ["choose", "context", "one"],
    "Give a context and two choices or more, each an argument in quotation marks.\n",
  ],
  [
    ["choose", "--input", "-", "--question", "Why?"],
    "In a file each line has its own question: leave --question out.\n",
  ],
  [["similar", "x"], "Give texts to compare, or --input FILE (- is standard input).\n"],
  [["similar", "x", "y", "--lines"], "--lines says how to read --input FILE: give both.\n"],
])("%j is refused with one sentence", async (argv, err) => {
  expect(await cloze(argv)).toMatchObject({ code: 2, out: "", err });
});

/** The words of each answer. */
async function answers(argv: readonly string[]): Promise<string[][]> {
  const [answer] = (await cloze(argv)).json() as { answers: { text: string }[] }[];
  return answer.answers.map(({ text }) => text.match(/[\p{L}\p{N}]+/gu) ?? []);
}

test("ask gives whole words where they are asked for", async () => {
  const context = "He paid $4.50 for the Anglo-Saxon chronicle, unputdownable as it was.";
  const ask = ["ask", "What was it like?", context, "--json"];
  const words = new Set(context.split(/[^\p{L}\p{N}]+/u));
  const isWhole = (parts: readonly string[]): boolean => parts.every((part) => words.has(part));
  expect((await answers(ask)).every(isWhole)).toBe(false);
  expect((await answers([...ask, "--whole-words"])).every(isWhole)).toBe(true);
});

test("evaluate correlates values with the right ones", async () => {
  const model = ["--model", checkpoint("regression"), "--json"];
  const texts = ["a b", "c d e", "f", "g h i j", "k l"];
  const results = (await cloze(["classify", ...texts, ...model])).json() as { value: number }[];
  const data = path.join(folder, "values.tsv");
  const predictions = path.join(folder, "values.jsonl");
  const rows = results.map(({ value }, i) => `${texts[i]}\t${-2 * value}\n`);
  writeFileSync(data, `text\tscore\n${rows.join("")}`);
  const evaluate = ["evaluate", "--task", "regress", "--data", data, "--columns", "text,score", ...model];
  const result = await cloze([...evaluate, "--predictions", predictions]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.json()).toMatchObject([
    { pearson: expect.closeTo(-1, 4) as unknown, spearman: expect.closeTo(-1, 9) as unknown, texts: 5 },
  ]);
  expect(readFileSync(predictions, "utf8").split("\n")).toHaveLength(6);
  writeFileSync(data, "text\tscore\na\t1\nb\tmuch\n");
  expect((await cloze(evaluate)).err).toBe(
    'values.tsv, line 3: "much" should be a number, the value of the text.\n',
  );
});

test("evaluate counts right choices", async () => {
  const model = ["--model", checkpoint("choice"), "--json"];
  const questions = ["a", "b c", "d", "e f"].map((context) => ({ context, choices: ["g", "h i", "j"] }));
  const chosen = await cloze(["choose", "--input", "-", ...model], jsonLines(questions));
  const labels = (chosen.json() as { choice: number }[]).map(({ choice }) => choice);
  labels[3] = (labels[3] + 1) % 3;
  const data = path.join(folder, "choices.jsonl");
  writeFileSync(data, jsonLines(questions.map((question, i) => ({ ...question, label: labels[i] }))));
  const result = await cloze(["evaluate", "--task", "choose", "--data", data, ...model]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.json()).toMatchObject([{ accuracy: 0.75, questions: 4 }]);
});

test("evaluate finds thresholds, which give what it says", async () => {
  const data = fileURLToPath(new URL("../fixtures/squad/data-v2.0.json", import.meta.url));
  const evaluate = ["evaluate", "--task", "squad", "--data", data];
  const [tuned] = (await cloze([...evaluate, "--no-answer", "--tune", "--json"])).json() as Record<
    string,
    number
  >[];
  for (const key of ["exact", "f1"]) {
    expect(tuned[`best_${key}`]).toBeGreaterThanOrEqual(tuned[key]);
    const threshold = String(tuned[`best_${key}_thresh`]);
    const [scores] = (await cloze([...evaluate, "--threshold", threshold, "--json"])).json() as Record<
      string,
      number
    >[];
    expect(scores[key]).toBeCloseTo(tuned[`best_${key}`], 9);
  }
  const shown = await cloze([...evaluate, "--tune"]);
  expect(shown.out).toContain(`cloze ask --no-answer --threshold ${tuned.best_f1_thresh}, or`);
});

test("thresholds are not for data in which every question has an answer", async () => {
  const data = fileURLToPath(new URL("../fixtures/squad/data-1.1.json", import.meta.url));
  expect(await cloze(["evaluate", "--task", "squad", "--data", data, "--tune"])).toMatchObject({
    code: 2,
    err: "In this data every question has an answer: tune on SQuAD 2.0's form.\n",
  });
  expect(await cloze(["evaluate", "--task", "tag", "--data", data, "--tune"])).toMatchObject({
    code: 2,
    err: "--tune is not for --task tag: leave it out.\n",
  });
});
