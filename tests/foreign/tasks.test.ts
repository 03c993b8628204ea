/**
 * Every task runs on files of other tools as on a model folder: the answers are those of PyTorch's logits.
 */
import { load } from "@cloze/runtime/node";
import { expect, test } from "vitest";
import { fixturePath, readCases, unpack } from "../reference/fixtures.ts";

const open = (name: string) => load(fixturePath(`foreign/${name}/model.onnx`), { threads: 1 });
const casesOf = (name: string) => readCases(`foreign/${name}/expected.json`);
const softmax = (logits: Float32Array): number[] => {
  const powers = [...logits].map((x) => Math.exp(x));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((x) => x / sum);
};

test.each(["masked-lm", "pretraining", "optimum-masked-lm"])("%s fills masks", async (name) => {
  await using bert = await open(name);
  const each = casesOf(name).find((one) => one.name === "masks")!;
  const { masks } = await bert.fill(each.items[0].text, { top: 40 });
  const logits = unpack(each.outputs.prediction_logits);
  const size = bert.config.vocabularySize;
  expect(masks).toHaveLength(2);
  for (const [i, { predictions }] of masks.entries()) {
    const scores = softmax(logits.subarray(i * size, (i + 1) * size));
    const best = scores.map((_, id) => id).sort((a, b) => scores[b] - scores[a]);
    expect(predictions.slice(0, 5).map(({ id }) => id)).toEqual(best.slice(0, 5));
    for (const { id, score } of predictions) expect(score).toBeCloseTo(scores[id], 4);
  }
});

test.each(["pretraining", "next-sentence"])("%s says whether a text follows", async (name) => {
  await using bert = await open(name);
  const each = casesOf(name).find((one) => one.name === "pair")!;
  const { outputs, items } = each;
  const { isNext } = await bert.next({ text: items[0].text, pair: items[0].pair! });
  expect(isNext).toBeCloseTo(softmax(unpack(outputs.logits ?? outputs.seq_relationship_logits))[0], 4);
});

test.each(["choice", "choice-fixed", "optimum-choice"])("%s chooses", async (name) => {
  await using bert = await open(name);
  const [{ items, outputs }] = casesOf(name);
  const { choice, scores } = await bert.choose({
    context: items[0].text,
    choices: items.map(({ pair }) => pair!),
  });
  const expected = softmax(unpack(outputs.logits));
  for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(expected[i], 4);
  expect(choice).toBe(expected.indexOf(Math.max(...expected)));
});

test.each(["span", "unnamed", "half", "optimum-span"])(
  "%s answers with a slice of the context",
  async (name) => {
    await using bert = await open(name);
    const context = "The film was written by a bad cat in Paris.";
    const { answer, start, end } = await bert.ask({ question: "who wrote it?", context });
    expect(context.slice(start!, end!)).toBe(answer);
    expect(answer).not.toBe("");
  },
);

test("labels, problem types and label counts are config.json's", async () => {
  await using three = await open("reordered");
  const result = await three.classify("the cat");
  expect("scores" in result && Object.keys(result.scores).sort()).toEqual(["maybe", "no", "yes"]);
  await using regression = await open("no-segments");
  expect(Object.keys(await regression.classify("the cat"))).toEqual(["value"]);
  await using tags = await open("aliases");
  for (const { label } of (await tags.tag("the cat in Paris", { aggregation: "simple" })).entities)
    expect(label).toBe("LOC");
});

test("an embedding is the mean over the real tokens, however the batch is padded", async () => {
  await using bert = await open("features");
  const each = casesOf("features").find((one) => one.name === "mixed lengths")!;
  const hidden = unpack(each.outputs.last_hidden_state);
  const [, length, size] = each.outputs.last_hidden_state.shape;
  for (const [row, { embedding }] of (await bert.embed(each.items)).entries()) {
    const tokens = each.attention_mask[row].reduce((a, b) => a + b);
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let token = 0; token < tokens; token++) sum += hidden[(row * length + token) * size + i];
      expect(embedding[i]).toBeCloseTo(sum / tokens, 4);
    }
  }
});

test("a layer that the file does not give is refused", async () => {
  await using bert = await open("features");
  await expect(bert.embed("the cat", { layers: [0] })).rejects.toThrow("mean.0");
  await using layers = await open("layers");
  expect((await layers.embed("the cat", { layers: [0, 1, 2] })).embedding).toHaveLength(
    3 * layers.config.hiddenSize,
  );
});

test("a model of one fixed length cuts what is longer and says so", async () => {
  await using bert = await open("fixed");
  expect(bert.config.maxPositions).toBe(24);
  const results = await bert.classify(["the cat", "the cat sat on the mat ".repeat(9), "a film"]);
  expect(results.map((result) => result.truncated)).toEqual([undefined, true, undefined]);
  const [alone] = await bert.classify(["a film"]);
  expect(results[2]).toEqual(alone);
});

test("a model that cannot tell padding from words is given none", async () => {
  await using bert = await open("no-mask");
  const texts = ["the cat", "the cat sat on the mat", "a"];
  const together = await bert.embed(texts);
  for (const [i, text] of texts.entries()) expect(await bert.embed(text)).toEqual(together[i]);
});
