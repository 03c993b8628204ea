/**
 * `cloze finetune` of every task: what it learns, what it leaves, and that what it leaves can be used.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";
import { model, writeGiven } from "./given.ts";

const scratch = mkdtempSync(path.join(tmpdir(), "cloze-finetune-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const given = writeGiven(path.join(scratch, "given"));
const training = [
  ..."--epochs 16 --batch 8 --rate 5e-3 --dropout 0 --threads 1 --json".split(" "),
  "--model",
  model,
];

interface Result {
  readonly metric: string;
  readonly best: {
    readonly metrics: Readonly<Record<string, number>>;
    readonly interval: { low: number; high: number };
  };
  readonly spread: { readonly mean: number; readonly deviation: number };
  readonly leftOut: number;
}

async function finetune(argv: readonly string[]): Promise<Result> {
  const result = await cloze(["finetune", ...training, ...argv]);
  expect(result).toMatchObject({ code: 0 });
  return result.json()[0] as Result;
}

test.each([
  ["classify", "accuracy", 1, ["classify", "the film was good in paris"], { label: "glad" }],
  ["pairs", "accuracy", 1, ["classify", "the film was good in paris"], {}],
  ["multi-label", "microF1", 1, ["classify", "the film good"], { label: "g" }],
  [
    "regress",
    "correlation",
    1,
    ["classify", "the film good by it"],
    { value: expect.closeTo(1, 0) as unknown },
  ],
  ["squad", "f1", 100, ["ask", "who was good", "who wrote it good paris is in paris"], { answer: "paris" }],
  ["tag", "f1", 1, ["tag", "the mat film was"], { entities: [{ label: "LOC", text: "mat film" }] }],
  ["choose", "accuracy", 1, ["choose", "it", "paris bad", "paris good"], { choice: 1 }],
] as const)("%s is learned, and the folder serves", async (name, metric, most, asked, answer) => {
  const out = path.join(scratch, name);
  const result = await finetune([...given[name], "--out", out]);
  expect(result.metric).toBe(metric);
  expect(result.best.metrics[metric]).toBeGreaterThan(0.9 * most);
  expect(result.best.interval.low).toBeLessThanOrEqual(result.best.metrics[metric]);
  const there = readdirSync(out).filter((file) => !file.startsWith("."));
  const files = [
    "README.md",
    "config.json",
    "manifest.json",
    "metrics.jsonl",
    "model.safetensors",
    "report.html",
  ];
  expect(there).toEqual(expect.arrayContaining(files));
  for (const file of ["vocab.txt", "tokenizer_config.json"])
    expect(readFileSync(path.join(out, file))).toEqual(readFileSync(path.join(model, file)));
  const [said] = (await cloze([...asked, "--model", out, "--json"])).json();
  expect(said).toMatchObject(answer);
});

test("what evaluate measures of the folder is what the run measured", async () => {
  const out = path.join(scratch, "classify");
  const data = given.classify[given.classify.indexOf("--dev") + 1];
  const [measured] = (
    await cloze(["evaluate", "--task", "classify", "--data", data, "--model", out, "--json"])
  ).json() as Record<string, number>[];
  const lines = readFileSync(path.join(out, "metrics.jsonl"), "utf8").trimEnd().split("\n");
  const found = lines.flatMap((line): { accuracy: number }[] => {
    const { evaluation } = JSON.parse(line) as { evaluation?: { accuracy: number } };
    return evaluation === undefined ? [] : [evaluation];
  });
  const best = Math.max(...found.map(({ accuracy }) => accuracy));
  expect(found).toHaveLength(16);
  expect(measured.accuracy).toBe(best);
});

const weights = (folder: string): Buffer => readFileSync(path.join(folder, "model.safetensors"));

test("of several seeds the best is in the folder, each in one of its own, and the spread is told", async () => {
  const out = path.join(scratch, "seeds");
  const result = await finetune([...given.classify, "--out", out, "--seeds", "2", "--epochs", "1"]);
  expect(result).toMatchObject({ seeds: [{ seed: 1 }, { seed: 2 }] });
  const { best, spread, metric } = result as Result & { best: { seed: number } };
  expect(spread.mean).toBeLessThanOrEqual(best.metrics[metric]);
  expect(weights(out)).toEqual(weights(path.join(out, `seed-${best.seed}`)));
  expect(weights(path.join(out, "seed-1"))).not.toEqual(weights(path.join(out, "seed-2")));
  expect(readFileSync(path.join(out, "README.md"), "utf8")).toContain("over 2 seeds");
});

test("a head with the same labels goes on learning; with others it begins anew", async () => {
  const [first, second] = ["classify", "again"].map((name) => path.join(scratch, name));
  const options = ["--epochs", "1", "--rate", "1e-6"];
  const again = await finetune([...given.classify, ...options, "--out", second, "--model", first]);
  expect(again.best.metrics.accuracy).toBeGreaterThan(0.9);
  const anew = await finetune([...given.pairs, ...options, "--out", `${second}-anew`, "--model", first]);
  expect(anew.best.metrics.accuracy).toBeLessThan(0.9);
});

test("a trial tells what a run would take and leaves nothing", async () => {
  const out = path.join(scratch, "plan");
  const result = await cloze(["finetune", ...training, ...given.tag, "--out", out, "--dry-run"]);
  expect(result.json()).toMatchObject([
    { examples: 64, steps: 128, parameters: expect.any(Number) as unknown },
  ]);
  expect(existsSync(out)).toBe(false);
});

test("answers that do not stand where the file says are told of and left out", async () => {
  const file = path.join(scratch, "misplaced.json");
  const answers = [{ text: "paris", answer_start: 2 }];
  const good = [{ text: "the", answer_start: 0 }];
  const context = "the mat is in paris";
  const qas = [
    { id: "wrong", question: "who", answers },
    { id: "right", question: "who", answers: good },
  ];
  writeFileSync(file, JSON.stringify({ version: "1.1", data: [{ paragraphs: [{ context, qas }] }] }));
  const out = path.join(scratch, "misplaced");
  const argv = ["--task", "squad", "--train", file, "--dev", file, "--epochs", "1", "--out", out];
  const result = await cloze(["finetune", ...training, ...argv]);
  expect(result.json()).toMatchObject([{ leftOut: 1 }]);
  expect(result.err).toContain('(the first is of question wrong: "paris" is not at 2)');
});
