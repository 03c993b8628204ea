import { tinyModel } from "@cloze/core/testing";
import { expect, test } from "vitest";
import type { Opened } from "./open.ts";
import { tokens } from "./tokens.ts";

const opened = { bert: tinyModel() } as unknown as Opened;

test("a pair has two segments, and offsets into its own text", async () => {
  const pair = { text: "a film", pair: "is good ?" };
  const read = await tokens(opened, pair);
  expect(read.tokens).toEqual(["[CLS]", "a", "film", "[SEP]", "is", "good", "?", "[SEP]"]);
  expect(read.segments).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  expect(read.specials).toEqual([0, 3, 7]);
  expect(pair.pair.slice(...read.offsets[5])).toBe("good");
  expect(read.total).toBe(8);
  expect(read.truncated).toBe(false);
});

test("what the vocabulary lacks is marked, and a special token that was written is none", async () => {
  const { tokens: pieces, unknown, specials } = await tokens(opened, { text: "a 🙂 [SEP] film" });
  expect(pieces[unknown[0]]).toBe("[UNK]");
  expect(unknown).toEqual([2]);
  expect(specials).toEqual([0, pieces.length - 1]);
});

test("of a long text the model reads as much as it takes, and all is counted", async () => {
  const {
    tokens: pieces,
    total,
    maxLength,
    truncated,
  } = await tokens(opened, { text: "film ".repeat(1000) });
  expect(pieces.length).toBe(maxLength);
  expect(total).toBe(1002);
  expect(truncated).toBe(true);
});
