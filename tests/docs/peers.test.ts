/**
 * What docs/comparison.md says of the others and no thread of theirs does: tried here, where they are installed.
 * transformers.js is tests/bench's (`npm ci` there); Python with torch and transformers is named by CLOZE_PYTHON.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Tokenizer, Vocabulary } from "@cloze/core";
import { toTokenizerJson } from "@cloze/core/tokenizer/save";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonWith } from "../reference/python.ts";
import { root } from "./entries.ts";

type Outcomes = Readonly<Record<string, unknown>>;
const script = (name: string) => path.join(root, "tests/docs/peers", name);
const tell = (file: string, ...argv: readonly string[]): Outcomes =>
  JSON.parse(execFileSync(file, argv, { encoding: "utf8" }).trimEnd().split("\n").at(-1)!) as Outcomes;

describe.runIf(existsSync(path.join(root, "tests/bench/node_modules/@huggingface/transformers")))(
  "transformers.js",
  () => {
    const models = mkdtempSync(path.join(tmpdir(), "cloze-peers-"));
    let outcomes: Outcomes;
    beforeAll(() => {
      layOut("masked-lm", "masked-lm/model.onnx");
      layOut("span", "span/model.onnx");
      layOut("sequence", "hub/onnx/model.onnx");
      outcomes = tell(process.execPath, script("transformers-js.mjs"), models);
    });
    afterAll(() => rmSync(models, { recursive: true }));

    /** A model of the fixtures as transformers.js looks for it. */
    function layOut(name: string, file: string): void {
      const from = path.join(root, "tests/fixtures/foreign");
      const [folder] = file.split("/");
      const to = path.join(models, name);
      mkdirSync(path.join(to, "onnx"), { recursive: true });
      cpSync(path.join(from, file), path.join(to, "onnx/model.onnx"));
      cpSync(path.join(from, folder, "config.json"), path.join(to, "config.json"));
      const vocabTxt = readFileSync(path.join(from, folder, "vocab.txt"), "utf8");
      const settings = { tokenizer_class: "BertTokenizer", model_max_length: 40, mask_token: "[MASK]" };
      writeFileSync(
        path.join(to, "tokenizer.json"),
        toTokenizerJson(new Tokenizer(Vocabulary.parse(vocabTxt))),
      );
      writeFileSync(path.join(to, "tokenizer_config.json"), JSON.stringify(settings));
    }

    test("fills the first of two masks, and any word, whatever the targets", () => {
      expect(outcomes["two masks"]).toEqual([
        expect.objectContaining({ token: expect.any(Number) as number }),
      ]);
      expect(outcomes.targets).toEqual([expect.not.objectContaining({ token_str: "zzz" })]);
    });
    test("gives answers without their places, and reads as much of a context as the model takes", () => {
      expect(Object.keys(outcomes.answer as object).sort()).toEqual(["answer", "score"]);
      expect(outcomes["long context"]).toEqual([1, 40]);
    });
    test("takes a pair, as Python writes it, for an empty text", () => {
      expect(outcomes.pair).toEqual(outcomes["empty text"]);
    });
    test("gives probabilities where a regression gives a number", () => {
      const scores = (outcomes.regression as { score: number }[]).map(({ score }) => score);
      expect(scores.reduce((sum, score) => sum + score)).toBeCloseTo(1, 5);
    });
    test("has no pipeline for choices or for what comes next", () => {
      for (const task of ["multiple choice", "next sentence"])
        expect(outcomes[task]).toEqual({ error: expect.stringContaining("Unsupported pipeline") as string });
    });
  },
);

const python = pythonWith("transformers", "torch");
describe.runIf(python !== undefined)("Python's transformers", () => {
  let outcomes: Outcomes;
  beforeAll(() => {
    outcomes = tell(python!, script("transformers-py.py"), root);
  });
  const fails = (task: string, message: string) =>
    expect(outcomes[task]).toEqual({ error: expect.stringContaining(message) as string });

  test("has no pipeline for answers, for choices or for what comes next", () => {
    for (const task of ["question-answering", "multiple-choice", "next-sentence-prediction"])
      fails(task, "KeyError");
  });
  test("fills several masks, each for itself", () => {
    const filled = (outcomes["two masks"] as { token_str: string }[][]).map(([{ token_str }]) => token_str);
    expect(filled).toEqual(["window", "notes"]);
  });
  test("scores the first piece of a target that has several", () => {
    expect(outcomes.targets).toEqual([expect.objectContaining({ token_str: "un" })]);
  });
  test("reads long texts in strides where entities are put together, and fails on others", () => {
    expect(outcomes.strides).toBeGreaterThan(0);
    fails("tokens in strides", "ValueError");
    fails("long fill", "RuntimeError");
    fails("long text", "RuntimeError");
  });
  test("gives the vectors of tokens, [CLS] and [SEP] too", () => expect(outcomes.features).toBe(5));
  test("takes pairs, and gives the number of a regression", () => {
    const { score } = outcomes.regression as { score: number };
    expect(score).toBeCloseTo(0.2925, 4);
  });
});
