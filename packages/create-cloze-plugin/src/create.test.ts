import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPlugin, Refusal } from "./create.ts";

let below: string;
beforeEach(async () => {
  below = await mkdtemp(path.join(tmpdir(), "create cloze "));
});
afterEach(() => rm(below, { recursive: true }));

const rows = async (file: string) =>
  (await readFile(path.join(below, "moods", file), "utf8"))
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));

describe("a new plugin's folder", () => {
  it("has data and scripts that go by its name", async () => {
    expect(await createPlugin({ name: "moods", below })).toBe(path.join(below, "moods"));
    expect((await readdir(path.join(below, "moods"))).sort()).toEqual([
      ".gitignore",
      "README.md",
      "dev.tsv",
      "package.json",
      "train.tsv",
    ]);
    const { scripts } = JSON.parse(await readFile(path.join(below, "moods/package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    expect(scripts.train).toContain("--name moods");
    expect(scripts.deploy).toBe("cloze deploy plugin plugin");
    expect(await readFile(path.join(below, "moods/README.md"), "utf8")).toContain("/v1/plugins/moods ");
  });

  it("has a text and a label on each line, and none of the texts to measure on among those to learn from", async () => {
    await createPlugin({ name: "moods", below });
    const [train, dev] = [await rows("train.tsv"), await rows("dev.tsv")];
    for (const row of [...train, ...dev]) expect(row).toHaveLength(2);
    const learnt = new Set(train.slice(1).map(([text]) => text));
    expect(learnt.size).toBe(72);
    expect(dev.slice(1).filter(([text]) => learnt.has(text))).toEqual([]);
  });

  it.each(["Moods", "", "../moods", "a b", "x".repeat(65)])("is not made for the name %j", async (name) => {
    await expect(createPlugin({ name, below })).rejects.toThrow(Refusal);
    expect(await readdir(below)).toEqual([]);
  });

  it("is not made where something is", async () => {
    await createPlugin({ name: "moods", below });
    await expect(createPlugin({ name: "moods", below })).rejects.toThrow("is not empty");
    await writeFile(path.join(below, "file"), "");
    await expect(createPlugin({ name: "file", below })).rejects.toThrow("cannot be written");
  });
});
