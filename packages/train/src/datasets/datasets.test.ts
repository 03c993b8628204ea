import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChoices, parseConll, parseSquad, parseTsv, readJsonLines, readLines } from "./index.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("only \\n ends a line; a byte order mark and a trailing \\r are no part of one", async () => {
  const lines = await collect(readLines("\uFEFFone\r\ntwo\u2028still two\r\r\n\n\uFEFFthree"));
  expect(lines).toEqual([
    { line: 1, text: "one" },
    { line: 2, text: "two\u2028still two\r" },
    { line: 3, text: "" },
    { line: 4, text: "\uFEFFthree" },
  ]);
});

test("lines are the same wherever the chunks are cut", async () => {
  const chunks = fc.array(fc.string({ unit: fc.constantFrom("a", "\n", "\r", "\uFEFF", "é", " ") }));
  await fc.assert(
    fc.asyncProperty(chunks, async (parts) => {
      expect(await collect(readLines(parts))).toEqual(await collect(readLines(parts.join(""))));
    }),
  );
});

test("a line that is not JSON is an error in its place, blank lines are passed over", async () => {
  const lines = await collect(readJsonLines('{"text":"one"}\n\n  \r\n{"text":\n"two"\n'));
  expect(lines).toMatchObject([
    { line: 1, value: { text: "one" } },
    { line: 4, error: { code: "invalid-input", message: expect.stringContaining("This line is not JSON") } },
    { line: 5, value: "two" },
  ]);
});

test("TSV keeps quotation marks, spaces and empty cells, and takes CRLF and a byte order mark", () => {
  const text = '\uFEFFtext\tlabel\tnote\r\n"Not a quote \tgood\t\r\n\r\n it\'s "so" \tbad\tx\r\n';
  expect(parseTsv(text, { file: "f" })).toEqual([
    { line: 2, text: '"Not a quote ', label: "good" },
    { line: 4, text: ' it\'s "so" ', label: "bad" },
  ]);
});

test("a lone \\r is a character of a TSV's text, and no line", () => {
  expect(parseTsv("text\tlabel\na\rb\t1\nc\t0\n", { file: "f" })).toEqual([
    { line: 2, text: "a\rb", label: "1" },
    { line: 3, text: "c", label: "0" },
  ]);
});

test("TSV pairs are found by the header, other columns by name", () => {
  const text = "id\ttext_a\ttext_b\tlabel\n7\tone\ttwo\t1\n";
  expect(parseTsv(text, { file: "f" })).toEqual([{ line: 2, text: "one", pair: "two", label: "1" }]);
  expect(parseTsv(text, { file: "f", columns: ["text_b", "id"] })).toEqual([
    { line: 2, text: "two", label: "7" },
  ]);
});

test.each([
  ["text\tlabel\na\t1\nb\n", undefined, "dev.tsv, line 3: 1 columns where line 1 has 2"],
  ["text\tlabel\n\na\t1\tx\n", undefined, "dev.tsv, line 3: 3 columns where line 1 has 2"],
  ["sentence\tlabel\na\t1\n", undefined, "dev.tsv has no column text: its header has sentence, label"],
  ["text\tlabel\n", ["text"], "columns should be"],
  ["", undefined, "dev.tsv is empty"],
])("a bad TSV is refused by file and line: %j", (text, columns, message) => {
  expect(() => parseTsv(text, { file: "dev.tsv", columns })).toThrow(message);
});

test("CoNLL's words and labels, of the first and the last column, in sentences", () => {
  const text =
    '\uFEFF-DOCSTART- -X- O\r\n\r\nAnton NNP B-PER\r\n"  O\r\n\r\n\r\nNew York\tB-LOC\n\u00A0\tO\n-DOCSTART-\tO\na\tO';
  expect(parseConll(text, { file: "f" })).toEqual([
    { line: 3, words: ["Anton", '"'], labels: ["B-PER", "O"] },
    { line: 7, words: ["New York", "\u00A0"], labels: ["B-LOC", "O"] },
    { line: 10, words: ["a"], labels: ["O"] },
  ]);
});

test("a word of CoNLL without a label is refused by file and line", () => {
  expect(() => parseConll("a O\nb\n", { file: "dev.conll" })).toThrow(
    "dev.conll, line 2: a word and its label should be separated by a tab.",
  );
});

test("choices are lines of JSON with the place of the right one, other fields passed over", async () => {
  const text =
    '\uFEFF{"id":7,"context":"He is wet.","choices":["It rained.","It snows."],"label":0}\r\n\n' +
    '{"context":"","question":"Why?","choices":["a","b","c"],"label":2}';
  expect(await parseChoices(text, { file: "f" })).toEqual([
    { line: 1, context: "He is wet.", choices: ["It rained.", "It snows."], label: 0 },
    { line: 3, context: "", question: "Why?", choices: ["a", "b", "c"], label: 2 },
  ]);
});

test.each([
  ["{", "This line is not JSON"],
  ["null", "context should be a text."],
  ['{"context":"a","question":7}', "question should be a text."],
  ['{"context":"a","choices":["a"],"label":0}', "choices should be two texts or more."],
  ['{"context":"a","choices":["a",1],"label":0}', "choices should be two texts or more."],
  ['{"context":"a","choices":["a","b"]}', "label should be the place of a choice, 0 to 1."],
  ['{"context":"a","choices":["a","b"],"label":2}', "label should be the place of a choice, 0 to 1."],
  ['{"context":"a","choices":["a","b"],"label":"1"}', "label should be the place of a choice, 0 to 1."],
])("choices that are none are refused by file and line: %s", async (line, message) => {
  const text = `{"context":"a","choices":["a","b"],"label":1}\n${line}\n`;
  await expect(parseChoices(text, { file: "dev.jsonl" })).rejects.toThrow(`dev.jsonl, line 2: ${message}`);
});

const squad = (qa: object, context = "🙂 It is 1896.", version = "1.1"): string =>
  JSON.stringify({
    version,
    data: [{ title: "T", paragraphs: [{ context, qas: [{ question: "?", ...qa }] }] }],
  });

test("answer_start counts code points in the file and UTF-16 units here", () => {
  const text = squad({ id: "a", answers: [{ text: "1896", answer_start: 8 }] });
  const { questions, misplaced, form } = parseSquad(`\uFEFF${text.replaceAll(",", ",\r\n")}`);
  expect(questions[0].answers).toEqual([{ text: "1896", start: 9 }]);
  expect(misplaced).toEqual([]);
  expect(form).toBe("1.1");
});

test.each([7, 9, -1, 99, 8.5, undefined])(
  "a start that does not hold the answer is reported: %s",
  (start) => {
    const { questions, misplaced } = parseSquad(
      squad({ id: "a", answers: [{ text: "1896", answer_start: start }] }),
    );
    expect(questions[0]).toMatchObject({ answers: [], references: ["1896"] });
    expect(misplaced).toEqual([{ id: "a", text: "1896", start }]);
  },
);

test("unlocated answers of CMRC count as references", () => {
  const [question] = parseSquad(squad({ id: "a", answers: [], unlocated_answers: ["1896 年"] })).questions;
  expect(question.references).toEqual(["1896 年"]);
});

test("2.0 is told by the version or by a question without answer", () => {
  expect(parseSquad(squad({ id: "a", answers: [] }, "c", "v2.0")).form).toBe("2.0");
  expect(parseSquad(squad({ id: "a", answers: [], is_impossible: true })).form).toBe("2.0");
  expect(parseSquad(squad({ id: "a", answers: [], is_impossible: false })).form).toBe("2.0");
  expect(parseSquad(squad({ id: "a", unlocated_answers: ["c"] })).form).toBe("1.1");
});

test.each([
  ["{", "not JSON"],
  ["[]", "the file should be an object"],
  ["{}", "data should be a list"],
  [squad({ answers: [] }), "data[0].paragraphs[0].qas[0].id should be a text"],
  [
    squad({ id: "a", answers: [{ answer_start: 1 }] }),
    "data[0].paragraphs[0].qas[0].answers[0].text should be a text",
  ],
])("what is not in SQuAD's form is refused with the place: %j", (text, message) => {
  expect(() => parseSquad(text)).toThrow(message);
});
