import fc from "fast-check";
import { expect, test } from "vitest";
import { readCsv } from "./csv.ts";
import {
  classesOf,
  classOf,
  findLabels,
  labelList,
  parseCsv,
  parseJsonTexts,
  parseTexts,
  parseTsv,
  valueOf,
} from "./index.ts";

test("CSV has commas, line breaks and doubled quotation marks within quotation marks", () => {
  const text = '\uFEFFtext,label\r\n"a ""warm"", funny\nfilm",good\r\n\r\n it\'s ,bad\r\n';
  expect(parseCsv(text, { file: "f" })).toEqual([
    { line: 2, text: 'a "warm", funny\nfilm', label: "good" },
    { line: 5, text: " it's ", label: "bad" },
  ]);
});

test("any cells written as CSV are read back, each row with its first line", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", "é", ",", '"', "\n", " ", "\t") });
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 })), (table) => {
      let line = 1;
      const rows = table.map((cells) => {
        const row = { line, cells };
        line += cells.join("").split("\n").length;
        return row;
      });
      const text = table
        .map((cells) => cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(","))
        .join("\n");
      expect(readCsv(text, { file: "f" })).toEqual(rows);
      expect(readCsv(text.replaceAll("\n", "\r\n"), { file: "f" })).toEqual(rows);
    }),
  );
});

test.each([
  ["text,label\na,1\n\nb\n", "dev.csv, line 4: 1 columns where line 1 has 2"],
  [
    'text,label\na,1\n"b"c,0\n',
    "dev.csv, line 3: a cell with quotation marks in it should begin and end with one",
  ],
  ['text,label\na,1\nb "c",0\n', "dev.csv, line 3: a cell with quotation marks"],
  ['text,label\n"a,1\n', "dev.csv, line 2: a cell with quotation marks"],
  ["", "dev.csv is empty"],
  ["sentence,label\na,1\n", "dev.csv has no column text: its header has sentence, label"],
])("a bad CSV is refused by file and line: %j", (text, message) => {
  expect(() => parseCsv(text, { file: "dev.csv" })).toThrow(message);
});

test("columns that are numbers are places in a table without a header", () => {
  const cola = "gj04\t1\t\tOur friends won't buy.\ngj04\t0\t*\tThe box contained.\n";
  expect(parseTsv(cola, { file: "f", columns: ["4", "2"] })).toEqual([
    { line: 1, text: "Our friends won't buy.", label: "1" },
    { line: 2, text: "The box contained.", label: "0" },
  ]);
  expect(() => parseTsv(cola, { file: "f", columns: ["5", "2"] })).toThrow("f has no column 5");
  expect(() => parseTsv("a\t1\nb\n", { file: "f", columns: ["1", "2"] })).toThrow(
    "f, line 2: 1 columns where",
  );
});

test("JSON Lines have texts, pairs and labels of every kind", async () => {
  const text =
    '\uFEFF{"id":7,"text":"one","label":"good"}\r\n\n{"text":"two","pair":"three","label":1.5}\n' +
    '{"text_a":"four","text_b":"","label":["a",2]}\n{"text":"five","label":false}';
  expect(await parseJsonTexts(text, { file: "f" })).toEqual([
    { line: 1, text: "one", label: "good" },
    { line: 3, text: "two", pair: "three", label: "1.5" },
    { line: 4, text: "four", pair: "", label: '["a",2]' },
    { line: 5, text: "five", label: "false" },
  ]);
  const columns = ["premise", "hypothesis", "gold"];
  const mapped = '{"premise":"a","hypothesis":"b","gold":"c","text":"d"}';
  expect(await parseJsonTexts(mapped, { file: "f", columns })).toEqual([
    { line: 1, text: "a", pair: "b", label: "c" },
  ]);
});

test.each([
  ["{", "This line is not JSON"],
  ["null", "text should be a text."],
  ['"text"', "text should be a text."],
  ['{"text":1,"label":1}', "text should be a text."],
  ['{"text":"a","pair":null,"label":1}', "pair should be a text."],
  ['{"text":"a"}', "label should be a text, a number, or a list."],
  ['{"text":"a","label":{}}', "label should be"],
  ['{"text":"a","label":[["b"]]}', "label should be"],
])("JSON that is no labelled text is refused by file and line: %s", async (line, message) => {
  const text = `{"text":"a","label":1}\n${line}\n`;
  await expect(parseJsonTexts(text, { file: "dev.jsonl" })).rejects.toThrow(`dev.jsonl, line 2: ${message}`);
});

test("columns should be two or three, in every form", async () => {
  for (const file of ["f.tsv", "f.csv", "f.jsonl"])
    await expect(parseTexts("text\n", { file, columns: ["text"] })).rejects.toThrow("columns should be");
});

test.each([
  ["dev.tsv", 'text\tlabel\n"a, b\t1\n', '"a, b'],
  ["dev.txt", "text\tlabel\na, b\t1\n", "a, b"],
  ["DEV.CSV", 'text,label\n"a, b",1\n', "a, b"],
  ["dev.jsonl", '{"text":"a, b","label":1}\n', "a, b"],
  ["dev.json", '{"text":"a, b","label":1}\n', "a, b"],
])("the name of %s says its form", async (file, source, text) => {
  expect(await parseTexts(source, { file })).toMatchObject([{ text, label: "1" }]);
});

const row = (label: string) => ({ line: 7, label });

const found = (labels: string[], multi = false) => findLabels(labels.map(row), { file: "f", multi });

test("labels are found in the order of their numbers or of their code units", () => {
  expect(found(["10", "2", "0", "2"])).toEqual(["0", "2", "10"]);
  expect(found(["sad", "glad", "Calm", "sad"])).toEqual(["Calm", "glad", "sad"]);
  expect(found(["10", "2", "x"])).toEqual(["10", "2", "x"]);
  expect(found(["b|a", "", '["c","a"]'], true)).toEqual(["a", "b", "c"]);
});

test("an empty label is refused by file and line, but of a list it is none", () => {
  const rows = [
    { line: 2, label: "sad" },
    { line: 3, label: "" },
  ];
  expect(() => findLabels(rows, { file: "f.tsv" })).toThrow(
    "f.tsv, line 3: the label is empty: give one, or leave the row out.",
  );
  expect(findLabels(rows, { file: "f.tsv", multi: true })).toEqual(["sad"]);
});

test("a line of spaces is blank", () => {
  expect(parseTsv("text\tlabel\n  \r\na\tb\n", { file: "f" })).toMatchObject([{ line: 3, text: "a" }]);
  expect(parseCsv("text,label\n  \r\na,b\n", { file: "f" })).toMatchObject([{ line: 3, text: "a" }]);
});

test("a label is one by its name, or by its place where the names are no numbers", () => {
  expect(["glad", "sad", "1"].map((label) => classOf(row(label), ["glad", "sad"], "f"))).toEqual([0, 1, 1]);
  expect(["2", "5"].map((label) => classOf(row(label), ["2", "5"], "f"))).toEqual([0, 1]);
  expect(() => classOf(row("1"), ["2", "5"], "f.tsv")).toThrow(
    'f.tsv, line 7: "1" is no label, which are 2, 5.',
  );
  for (const label of ["2", "-1", "", "Sad"])
    expect(() => classOf(row(label), ["glad", "sad"], "f.tsv")).toThrow("f.tsv, line 7");
});

test("a list of labels is separated by | or a JSON array, each label once", () => {
  const list = (label: string): string[] => labelList(row(label), "f.tsv");
  expect(list("a| b |a")).toEqual(["a", "b"]);
  expect(list(' ["a|b", 2]')).toEqual(["a|b", "2"]);
  expect([list(""), list("[]"), list("one")]).toEqual([[], [], ["one"]]);
  for (const label of ["[a]", '["a"', "[null]"])
    expect(() => list(label)).toThrow(`f.tsv, line 7: ${label} should be a JSON array of labels`);
  expect(classesOf(row("sad|0"), ["glad", "sad"], "f")).toEqual([1, 0]);
  expect(() => classesOf(row("sad|mad"), ["glad", "sad"], "f.tsv")).toThrow(
    'f.tsv, line 7: "mad" is no label',
  );
});

test("a value is a number", () => {
  expect(["3.8", "-1e-3", " 5 "].map((label) => valueOf(row(label), "f"))).toEqual([3.8, -0.001, 5]);
  for (const label of ["", " ", "good", "Infinity", "1,5"])
    expect(() => valueOf(row(label), "f.tsv")).toThrow("f.tsv, line 7:");
});
