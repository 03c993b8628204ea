/**
 * What `cloze finetune` refuses, in a sentence that names the file and the line, before anything is trained.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";
import { model } from "./given.ts";

const scratch = mkdtempSync(path.join(tmpdir(), "cloze-refusals-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const write = (name: string, text: string): string => {
  const file = path.join(scratch, name);
  writeFileSync(file, text);
  return file;
};
const good = write("good.tsv", "text\tlabel\na film\tsad\nthe cat\tglad\na mat\tglad\nthe film\tsad\n");
const out = path.join(scratch, "out");
const tags = write("tags.conll", "the\tO\ncat\tB-LOC\n\nthe\tO\nmat\tB-LOC\n");

const refusals: Readonly<Record<string, { argv: readonly string[]; err: string | RegExp; code?: number }>> = {
  "a row with too few columns": {
    argv: ["--train", write("narrow.tsv", "text\tlabel\na film\tsad\nthe cat\n"), "--dev", good],
    err: /^narrow\.tsv, line 3: 1 columns where line 1 has 2/,
  },
  "a dev label that the training data lack": {
    argv: ["--train", good, "--dev", write("unknown.tsv", "text\tlabel\na film\tsad\nthe cat\tangry\n")],
    err: 'unknown.tsv, line 3: "angry" is no label, which are glad, sad.\n',
  },
  "a dev file without rows": {
    argv: ["--train", good, "--dev", write("none.tsv", "text\tlabel\n")],
    err: "none.tsv has no examples.\n",
  },
  "one label": {
    argv: ["--train", write("one.tsv", "text\tlabel\na film\tsad\nthe cat\tsad\n"), "--dev", good],
    err: "one.tsv has one label, sad: there is nothing to tell apart.\n",
  },
  "a value that is no number": {
    argv: ["--task", "regress", "--train", good, "--dev", good],
    err: 'good.tsv, line 2: "sad" should be a number, the value of the text.\n',
  },
  "an entity that the training data lack": {
    argv: ["--task", "tag", "--train", tags, "--dev", write("per.conll", "the\tO\n\nwho\tB-PER\n")],
    err: 'per.conll, line 3: "B-PER" is of no kind that this head finds, which are LOC.\n',
  },
  "questions of unlike numbers of choices": {
    argv: [
      "--task",
      "choose",
      "--dev",
      good,
      "--train",
      write(
        "unlike.jsonl",
        '{"context":"a","choices":["b","c"],"label":0}\n{"context":"a","choices":["b","c","d"],"label":0}\n',
      ),
    ],
    err: /^(unlike\.jsonl, line 2: 3 choices, where the first question has 2|good\.tsv, line 1)/,
  },
  "a file that is not there": {
    argv: ["--train", path.join(scratch, "nowhere.tsv"), "--dev", good],
    err: /nowhere\.tsv cannot be read \(ENOENT\): see that the path is right\.\n$/,
  },
  "a file that is not SQuAD's": {
    argv: ["--task", "squad", "--train", write("squad.json", '{"data":[{}]}'), "--dev", good],
    err: "This is not in SQuAD's form: data[0].paragraphs should be a list.\n",
  },
  "an ONNX file": {
    argv: ["--train", good, "--dev", good, "--model", path.join(scratch, "model.onnx")],
    err: /model\.onnx is a model in ONNX's form, which cannot be trained: give a folder with model\.safetensors\.\n$/,
  },
  "a metric that there is not": {
    argv: ["--train", good, "--dev", good, "--metric", "bleu"],
    err: "bleu is no metric that classify is judged by, which are accuracy, f1, matthews.\n",
  },
  "an option of another task": {
    argv: ["--train", good, "--dev", good, "--overlap", "64"],
    err: "overlap is not for the task classify: leave it out.\n",
  },
  "a weight of a label that there is not": {
    argv: ["--train", good, "--dev", good, "--class-weights", write("weights.json", '{"angry":2}')],
    err: "angry is no label, which are glad, sad.\n",
  },
  "more tokens than the model has": {
    argv: ["--train", good, "--dev", good, "--max-length", "512"],
    err: "maxLength should be a whole number from 4 to 64, the model's length, not 512.\n",
  },
};

test.each(Object.entries(refusals))("%s", async (_, { argv, err, code = 2 }) => {
  const result = await cloze(["finetune", "--model", model, "--task", "classify", "--out", out, ...argv]);
  expect(result).toMatchObject({ code, out: "" });
  if (typeof err === "string") expect(result.err).toBe(err);
  else expect(result.err).toMatch(err);
  expect(existsSync(out)).toBe(false);
});

test("a label with one example is told of, and training goes on", async () => {
  const train = write("rare.tsv", "text\tlabel\na film\tsad\nthe cat\tglad\na mat\tglad\n");
  const argv = ["--model", model, "--task", "classify", "--train", train, "--dev", good, "--epochs", "1"];
  const result = await cloze(["finetune", ...argv, "--out", path.join(scratch, "rare")]);
  expect(result.code).toBe(0);
  expect(result.err).toContain(
    "rare.tsv has one example of sad: too few to learn from. Add more or leave it out.\n",
  );
});

test("a loss that is not a number ends the run, and the last good checkpoint is named", async () => {
  const argv = [
    "--model",
    model,
    "--task",
    "classify",
    "--train",
    good,
    "--dev",
    good,
    "--out",
    `${out}-nan`,
  ];
  const wild = [
    "--rate",
    "1e38",
    "--clip",
    "1e38",
    "--warmup",
    "0",
    "--batch",
    "1",
    "--epochs",
    "20",
    "--save-every",
    "1",
  ];
  const result = await cloze(["finetune", ...argv, ...wild]);
  expect(result.code).toBe(1);
  expect(result.err).toMatch(
    /at step \d+, .*begin anew with a lower rate .*; the last good checkpoint is .*step-0/,
  );
  expect(readdirSync(`${out}-nan`)).not.toContain("model.safetensors");
});
