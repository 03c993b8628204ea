import { expect, test } from "vitest";
import { parseChoices } from "./index.ts";

const json = (...lines: readonly object[]) => lines.map((line) => JSON.stringify(line)).join("\n");
const file = "dev.jsonl";

test("HellaSwag's context is whole or in two parts, its label a number or a text", async () => {
  const endings = ["walks on.", "eats it.", "sings.", "stops."];
  const text = json(
    {
      ind: 24,
      activity_label: "Walking",
      ctx_a: "A man walks.",
      ctx_b: "he",
      ctx: "A man walks. he",
      endings,
      label: 3,
    },
    { ctx_a: "A man walks.", ctx_b: "he", endings, label: "0" },
    { ctx_a: "A man walks.", ctx_b: "", endings, label: 1 },
  );
  expect(await parseChoices(text, { file })).toEqual([
    { line: 1, context: "A man walks. he", choices: endings, label: 3 },
    { line: 2, context: "A man walks. he", choices: endings, label: 0 },
    { line: 3, context: "A man walks.", choices: endings, label: 1 },
  ]);
});

const swagHeader =
  ",video-id,fold-ind,startphrase,sent1,sent2,gold-source,ending0,ending1,ending2,ending3,label";

test("SWAG is CSV, the beginning of a sentence being asked of every ending", async () => {
  const text =
    `${swagHeader}\n0,anet,1,"Hey, she",Students look down.,Someone,gold,"walks, and looks.",sits.,runs.,stops.,2\n` +
    '1,anet,2,x,"She said ""no"".",,gold,a,b,c,d,0\n';
  const wanted = [
    {
      line: 2,
      context: "Students look down.",
      question: "Someone",
      choices: ["walks, and looks.", "sits.", "runs.", "stops."],
      label: 2,
    },
    { line: 3, context: 'She said "no".', choices: ["a", "b", "c", "d"], label: 0 },
  ];
  expect(await parseChoices(text, { file: "train.csv" })).toEqual(wanted);
  expect(await parseChoices(text.split(/(?<=a)/), { file: "train.csv" })).toEqual(wanted);
});

test("SWAG may be JSON Lines too", async () => {
  const text = json({ sent1: "a", sent2: "b", ending0: "c", ending1: "d", label: 1 });
  expect(await parseChoices(text, { file })).toEqual([
    { line: 1, context: "a", question: "b", choices: ["c", "d"], label: 1 },
  ]);
});

test("COPA's premise has a cause or an effect", async () => {
  const text = json({
    premise: "My body cast a shadow over the grass.",
    choice1: "The sun was rising.",
    choice2: "The grass was cut.",
    question: "cause",
    idx: 0,
    label: 0,
  });
  expect(await parseChoices(text, { file })).toEqual([
    {
      line: 1,
      context: "My body cast a shadow over the grass.",
      question: "cause",
      choices: ["The sun was rising.", "The grass was cut."],
      label: 0,
    },
  ]);
});

const jar = (answerKey: string | undefined) => ({
  answerKey,
  question: {
    stem: "Where is milk?",
    choices: [
      { label: "A", text: "shop" },
      { label: "B", text: "sea" },
    ],
  },
});

test("CommonsenseQA is a question without a context, and names the right choice", async () => {
  expect(await parseChoices(json(jar("B")), { file })).toEqual([
    { line: 1, context: "", question: "Where is milk?", choices: ["shop", "sea"], label: 1 },
  ]);
});

test.each([
  [{ ctx_a: 1, endings: ["a", "b"], label: 0 }, "ctx (or ctx_a and ctx_b) should be a text."],
  [{ ctx: "a", endings: ["a"], label: 0 }, "endings should be two texts or more."],
  [{ ctx: "a", endings: ["a", "b"], label: "" }, "label should be the place of a choice, 0 to 1."],
  [{ sent1: "a", sent2: "b", ending0: "c", label: 0 }, "ending0, ending1 … should be two texts or more."],
  [{ premise: "a", choice1: "b", choice2: "c", label: 0 }, "question should be a text."],
  [
    { premise: "a", question: "cause", choice1: "b", label: 0 },
    "choice1 and choice2 should be two texts or more.",
  ],
  [{ premise: "a", question: "cause", choice1: "b", choice2: "c", label: 2 }, "label should be the place"],
  [jar("C"), "answerKey should be the label of one of the choices."],
  [jar(undefined), "answerKey should be the label of one of the choices."],
  [{ question: { stem: "a", choices: "b" }, answerKey: "A" }, "choices should be two texts or more."],
])("a form is refused by its own names, the file and the line: %j", async (fields, message) => {
  await expect(parseChoices(json(jar("A"), fields), { file })).rejects.toThrow(
    `dev.jsonl, line 2: ${message}`,
  );
});

test("a row of CSV that is short is refused by file and line, and a value that is no object", async () => {
  await expect(parseChoices(`${swagHeader}\n\n0,a\n`, { file: "f.csv" })).rejects.toThrow(
    "f.csv, line 3: 2 columns where line 1 has 12",
  );
  await expect(parseChoices('"endings"', { file })).rejects.toThrow(
    "dev.jsonl, line 1: context should be a text.",
  );
  expect(await parseChoices("", { file: "f.csv" })).toEqual([]);
});
