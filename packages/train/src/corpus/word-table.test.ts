import fc from "fast-check";
import { expect, test } from "vitest";
import { countWords, WordTable } from "./word-table.ts";

test("words are counted as BERT's tokenizer normalises and splits them", () => {
  expect([...countWords(["The café.", "the cafe"])]).toEqual([
    ["the", 2],
    ["cafe", 2],
    [".", 1],
  ]);
  expect([...countWords(["The the"], { cased: true })]).toEqual([
    ["The", 1],
    ["the", 1],
  ]);
});

test("a word does not go on from one text to the next", () => {
  expect([...countWords(["un", "able"])]).toEqual([
    ["un", 1],
    ["able", 1],
  ]);
});

test("a table agrees with a map, also after it has grown, been packed and been merged", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom(...Array.from("ab𝐱é ")), maxLength: 300 })),
      (texts) => {
        const counts = new Map<string, number>();
        const clean = texts.map((text) => text.replaceAll("é", "e"));
        for (const word of clean.flatMap((text) => text.split(" ")))
          if (word !== "" && Array.from(word).length <= 100) counts.set(word, (counts.get(word) ?? 0) + 1);
        const half = texts.length >> 1;
        const merged = countWords(texts.slice(0, half));
        merged.merge(countWords(texts.slice(half)).pack());
        for (const table of [countWords(texts), merged]) {
          expect(new Map(table)).toEqual(counts);
          expect(table.size).toBe(counts.size);
          expect(table.total).toBe([...counts.values()].reduce((sum, count) => sum + count, 0));
        }
      },
    ),
  );
  const many = Array.from({ length: 100_000 }, (_, nth) => `w${nth}`).join(" ");
  const table = countWords([many, many]);
  expect(table.size).toBe(100_000);
  expect(new Set([...table].map(([, count]) => count))).toEqual(new Set([2]));
});

test("reading the same words again takes no more memory", () => {
  const text = Array.from({ length: 30_000 }, (_, nth) => `word${nth}`).join(" ");
  const table = new WordTable();
  table.read(text);
  const once = table.byteLength;
  for (let again = 0; again < 10; again++) table.read(text);
  expect(table.byteLength).toBe(once);
  expect(once).toBeLessThan(30_000 * 100);
});
