import { describe, expect, test } from "vitest";
import { lookAtColumns, readExamples } from "./labelled-file.ts";

const rows = (...lines: string[]) => `${lines.join("\n")}\n`;

describe("columns", () => {
  test("the usual names are read without a question, in each form", () => {
    expect(lookAtColumns({ file: "a.tsv", source: "text\tlabel\na\tb\n" }).usual).toEqual(["text", "label"]);
    expect(lookAtColumns({ file: "a.csv", source: 'label,"text"\nb,"a, c"\n' })).toEqual({
      columns: [
        { name: "label", sample: "b" },
        { name: "text", sample: "a, c" },
      ],
      usual: ["text", "label"],
      table: true,
    });
    expect(lookAtColumns({ file: "a.jsonl", source: '{"text_a":"a","text_b":"b","label":1}' })).toEqual({
      columns: [
        { name: "text_a", sample: "a" },
        { name: "text_b", sample: "b" },
        { name: "label", sample: "1" },
      ],
      usual: ["text_a", "text_b", "label"],
      table: false,
    });
  });

  test("a column may have no name, as the first of a table that pandas wrote", () => {
    expect(lookAtColumns({ file: "a.csv", source: ",text,label\n0,a,x\n" }).columns).toEqual([
      { name: "", sample: "0" },
      { name: "text", sample: "a" },
      { name: "label", sample: "x" },
    ]);
    const { columns } = lookAtColumns({ file: "a.csv", source: "text,label\n,x\n" });
    expect(columns[1].sample).toBe("x");
  });

  test("a cell in quotation marks may hold line breaks, also in the first row", () => {
    const source = '\n"a ""warm"",\r\n\nfilm",good\r\n"dull",bad\n';
    expect(lookAtColumns({ file: "a.csv", source }).columns).toEqual([
      { name: 'a "warm",\n\nfilm', sample: "dull" },
      { name: "good", sample: "bad" },
    ]);
  });

  test("names that people use are known, unless two could be meant", () => {
    expect(lookAtColumns({ file: "a.csv", source: "id,Review,Sentiment\n" }).usual).toEqual([
      "Review",
      "Sentiment",
    ]);
    expect(lookAtColumns({ file: "a.csv", source: "title,body,category\n" }).usual).toBeUndefined();
    expect(lookAtColumns({ file: "a.tsv", source: "a warm film\tgood\n" }).usual).toBeUndefined();
  });

  test("a byte order mark, CRLF and blank lines are no part of a name", () => {
    const { columns } = lookAtColumns({
      file: "a.tsv",
      source: "\uFEFF\r\ntext\tlabel\r\n\r\n你好 🎬\tgood\r\n",
    });
    expect(columns).toEqual([
      { name: "text", sample: "你好 🎬" },
      { name: "label", sample: "good" },
    ]);
  });

  test("what is empty, or no JSON, is refused with what to do", () => {
    expect(() => lookAtColumns({ file: "a.csv", source: " \n" })).toThrow("a.csv is empty");
    expect(() => lookAtColumns({ file: "a.jsonl", source: "[{\n" })).toThrow(
      "each line should hold one object",
    );
  });
});

const read = async (source: string, columns?: readonly string[], file = "a.tsv") =>
  (await readExamples({ file, source }, columns)).examples;
const line = (label: unknown) => JSON.stringify({ text: "a", label });

describe("examples", () => {
  test("labels are classes, also where they are whole numbers", async () => {
    const examples = await read(rows("text\tlabel", "a\t0", "b\t1", "c\t0", "d\t1", "e\t1"));
    expect(examples.map(({ label }) => label)).toEqual(["0", "1", "0", "1", "1"]);
    expect(examples[0].line).toBe(2);
  });

  test("numbers of which one is broken are values, lists are several labels", async () => {
    const values = await read(rows("text\tlabel", "a\t0.5", "b\t1", "c\t2", "d\t-1", "e\t1"));
    expect(values.map(({ label }) => label)).toEqual([0.5, 1, 2, -1, 1]);
    const lists = rows(...[["x"], [], ["x", "y"], ["y"], ["x"]].map(line));
    expect((await read(lists, undefined, "a.jsonl"))[2].label).toEqual(["x", "y"]);
  });

  test("columns may be named, or counted where there is no header", async () => {
    const source = rows("good\ta", "bad\tb", "good\tc", "bad\td", "bad\te");
    expect(await read(source, ["2", "1"])).toContainEqual({ line: 1, text: "a", label: "good" });
  });

  test("errors name the line", async () => {
    const source = rows("text\tlabel", "a\tx", "b\ty", "c", "d\ty", "e\tx");
    await expect(read(source)).rejects.toThrow("a.tsv, line 4: 1 columns where line 1 has 2");
    const empty = rows("text\tlabel", "a\tx", "b\t", "c\ty", "d\ty", "e\tx");
    await expect(read(empty)).rejects.toThrow("a.tsv, line 3: the label is empty");
  });

  test("too few rows, and a column of labels that never repeat, are refused", async () => {
    await expect(read(rows("text\tlabel", "a\tx"))).rejects.toThrow("has 1 labelled texts: give 5");
    const source = rows("text\tlabel", "a\t1", "b\t2", "c\t3", "d\t4", "e\t5");
    await expect(read(source)).rejects.toThrow("5 labels for 5 texts");
    const one = rows("text\tlabel", "a\tx", "b\tx", "c\tx", "d\tx", "e\tx");
    await expect(read(one)).rejects.toThrow("one label, x: give texts of two");
  });
});
