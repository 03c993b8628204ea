/** `finetune --frozen`: a plugin's folder for every task, used afterwards by name, and a cache that spares the encoder. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { parsePlugin } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { finetune } from "@cloze/train/recipes";
import type { FrozenOptions } from "@cloze/train/recipes";
import { cloze } from "../cli/cloze.ts";
import { root } from "../docs/entries.ts";

const model = path.join(root, "tests/fixtures/checkpoints/pretraining");
const folder = mkdtempSync(path.join(tmpdir(), "cloze-frozen-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => path.join(folder, name);
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};

const subjects = ["a film", "the film", "paris", "who", "the good", "a bad", "it", "in", "by", "on"];
const lines = (ends: Readonly<Record<string, string>>) =>
  Object.entries(ends).flatMap(([end, label]) => subjects.map((subject) => [`${subject} is ${end}`, label]));
const csv = (rows: readonly (readonly string[])[]) =>
  ["text,label", ...rows.map((row) => row.join(","))].join("\n");

const files: Readonly<Record<FrozenOptions["task"], string>> = {
  classify: write("moods.csv", csv(lines({ good: "glad", bad: "sad" }))),
  regress: write("stars.csv", csv(lines({ "good good good": "5", bad: "1" }))),
  tag: write("names.conll", subjects.map(() => "paris\tB-LOC\nis\tO\ngood\tO\n").join("\n")),
  choose: write(
    "choices.jsonl",
    subjects
      .map((s, i) =>
        JSON.stringify({
          context: s,
          choices: i % 2 ? ["good", "bad"] : ["bad", "good"],
          label: i % 2 ? 0 : 1,
        }),
      )
      .join("\n"),
  ),
  squad: write(
    "squad.json",
    JSON.stringify({
      version: "1.1",
      data: [
        {
          paragraphs: subjects.map((s, i) => ({
            context: `${s} is in paris`,
            qas: [
              {
                id: String(i),
                question: "who is it",
                answers: [{ text: "paris", answer_start: s.length + 7 }],
              },
            ],
          })),
        },
      ],
    }),
  ),
};

const optionsOf = (
  task: FrozenOptions["task"],
  out: string,
  more: Partial<FrozenOptions> = {},
): FrozenOptions => ({
  model,
  task,
  frozen: true,
  train: files[task],
  dev: files[task],
  out: at(out),
  epochs: 40,
  rate: 0.02,
  cacheDir: at("cache"),
  threads: 1,
  ...more,
});

test.each(["classify", "regress", "tag", "choose", "squad"] as const)(
  "%s gives a plugin of what it learned",
  async (task) => {
    const { metric, best } = await finetune(optionsOf(task, task));
    expect(best.metrics[metric]).toBeGreaterThan(0.8);
    expect(readdirSync(at(task)).sort()).toEqual(
      [
        "README.md",
        "head.safetensors",
        "manifest.json",
        "metrics.jsonl",
        "plugin.json",
        "report.html",
      ].sort(),
    );
    const plugin = parsePlugin(readFileSync(path.join(at(task), "plugin.json"), "utf8"));
    expect([plugin.name, plugin.metrics[metric]]).toEqual([
      task,
      Number(best.metrics[metric].toPrecision(5)),
    ]);
    await using bert = await load(model);
    const { run } = await bert.plugin(at(task)); // its encoder's hash is this one's
    const [input] = plugin.examples;
    expect(await run(input)).toBeTypeOf("object");
  },
);

test("the command line uses it by its folder", async () => {
  const { code, out } = await cloze([
    "classify",
    "he is bad",
    "--model",
    model,
    "--plugin",
    at("classify"),
    "--json",
  ]);
  expect([code, (JSON.parse(out) as { label: string }).label]).toEqual([0, "sad"]);
});

test("texts may have several labels", async () => {
  const rows = lines({ good: "glad|calm", bad: "sad", "good bad": "glad|sad" });
  const file = write("many.csv", csv(rows));
  const { best } = await finetune(
    optionsOf("classify", "many", { multiLabel: true, train: file, dev: file }),
  );
  expect(best.metrics.microF1).toBeGreaterThan(0.8);
});

test("what the encoder said of a text is kept for the next run, which gives the same bytes", async () => {
  const cache = { cacheDir: at("other-cache") };
  const told: number[] = [];
  await finetune(optionsOf("classify", "first", cache));
  const [name] = readdirSync(at("other-cache"));
  const kept = readFileSync(path.join(at("other-cache"), name));
  await finetune(optionsOf("classify", "second", { ...cache, onFeatures: ({ done }) => told.push(done) }));
  expect(told.at(-1)).toBe(40); // 20 rows, of train and dev
  const bytes = (out: string) => readFileSync(path.join(at(out), "head.safetensors"));
  expect(bytes("second").equals(bytes("first"))).toBe(true);

  writeFileSync(path.join(at("other-cache"), name), kept.subarray(0, 100)); // damaged: begun anew
  await finetune(optionsOf("classify", "third", cache));
  expect(bytes("third").equals(bytes("first"))).toBe(true);
  expect(readFileSync(path.join(at("other-cache"), name)).length).toBe(kept.length);
});

test("of several seeds the best is kept, and all are told", async () => {
  const { seeds, spread, best } = await finetune(optionsOf("classify", "seeds", { seeds: 3 }));
  expect(seeds.map(({ seed }) => seed)).toEqual([1, 2, 3]);
  expect(best.metrics.accuracy).toBe(spread.max);
});

test.each([
  [{ dropout: 0.1 }, "dropout"],
  [{ layerDecay: 0.9 }, "layerDecay"],
  [{ name: "No!" }, "name"],
  [{ metric: "pearson" }, "metric"],
  [{ features: "hidden" as const }, undefined],
])("what does not fit is refused: %j", async (more, field) => {
  const error: unknown = await finetune(optionsOf("classify", "none", more)).catch((one: unknown) => one);
  expect(error).toMatchObject({ name: "ClozeError", ...(field !== undefined && { field }) });
});
