import { tinyModel } from "@cloze/core/testing";
import { expect, test, vi } from "vitest";
import { nearest } from "./nearest.ts";
import type { Opened } from "./open.ts";

const tiny = tinyModel();
const embed = vi.fn(tiny.embed);
const opened = { bert: { embed } } as unknown as Opened;
const find = (query: string, texts: readonly string[], top?: number) =>
  nearest(opened, { query, texts, top }, {});

test("texts are ranked as similar ranks them", async () => {
  const texts = ["a dull film", "open at nine", "a warm film", "open at nine"];
  expect(await find("a film", texts)).toEqual(await tiny.similar("a film", texts));
  expect(await find("a film", texts, 2)).toEqual(await tiny.similar("a film", texts, { top: 2 }));
  expect(await find("a film", [])).toEqual([]);
});

test("what was embedded before is not embedded again", async () => {
  const texts = Array.from({ length: 20 }, (_, i) => `film number ${i}`);
  await find("a good film", texts);
  embed.mockClear();
  await find("film number 3", texts.with(7, "an edited film"));
  expect(embed.mock.calls.map(([inputs]) => inputs)).toEqual([[{ text: "an edited film" }]]);
});

test("so many texts are remembered, and those asked for last", async () => {
  await find("first", []);
  const many = Array.from({ length: 4095 }, (_, i) => `${i}`);
  embed.mockResolvedValueOnce([...many, "last"].map(() => ({ embedding: new Float32Array(1) })) as never);
  await find("last", many);
  embed.mockClear();
  await find("last", ["first"]);
  expect(embed.mock.calls.map(([inputs]) => inputs)).toEqual([[{ text: "first" }]]);
});

test("what others push out of memory meanwhile is still there for whoever asked before", async () => {
  await find("remembered", []);
  const many = Array.from({ length: 4096 }, (_, i) => `other ${i}`);
  const late = find("new", ["remembered"]);
  embed.mockResolvedValueOnce([...many, "last"].map(() => ({ embedding: new Float32Array(1) })) as never);
  await find("last", many);
  expect(await late).toMatchObject([{ text: "remembered" }]);
});

test.each([0, -1, 1.5])("a top of %s is refused, as similar does", async (top) => {
  await expect(find("a film", ["a warm film", "a dull film"], top)).rejects.toMatchObject({
    code: "invalid-option",
  });
});
