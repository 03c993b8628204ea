/**
 * Checkpoints of every shape give what `transformers` gives: ids and offsets exactly, hidden states and logits
 * within 1e-4, in the session and in the float64 interpreter.
 */
import { readdirSync } from "node:fs";
import { collate, interpret } from "@cloze/core";
import type { Encoding, FloatTensor, HeadKind, Operand } from "@cloze/core";
import { graphOf, loadFolder, openFolder, readTensor } from "@cloze/runtime/node";
import type { ModelFolder } from "@cloze/runtime/node";
import { describe, expect, test } from "vitest";
import { fixturePath, largestDifference, readCases, unpack } from "../reference/fixtures.ts";
import type { Case } from "../reference/fixtures.ts";

const TOLERANCE = 1e-4;

/** What a head's logits are called in a fixture, laid as the head lays them. */
function logits(outputs: Case["outputs"], kind: HeadKind): Float32Array {
  if (kind === "masked-lm") return unpack(outputs.prediction_logits);
  if (kind === "next-sentence") return unpack(outputs.seq_relationship_logits ?? outputs.logits);
  if (kind !== "span") return unpack(outputs.logits);
  const [start, end] = [unpack(outputs.start_logits), unpack(outputs.end_logits)];
  return Float32Array.from({ length: 2 * start.length }, (_, i) => (i % 2 === 0 ? start : end)[i >> 1]);
}

describe.each(readdirSync(fixturePath("checkpoints")))("%s", (name) => {
  const cases = readCases(`checkpoints/${name}/expected.json`);
  const open = openFolder(fixturePath(`checkpoints/${name}`));

  test.each(cases)("$name: ids, segments and offsets are exactly Hugging Face's", async (each) => {
    const folder = await open;
    for (const [i, encoding] of encode(folder, each).entries()) {
      const real = each.attention_mask[i].reduce((a, b) => a + b);
      expect([...encoding.ids]).toEqual(each.input_ids[i].slice(0, real));
      expect([...encoding.segments]).toEqual(each.token_type_ids[i].slice(0, real));
      expect(pairs(encoding.offsets)).toEqual(each.offsets[i]);
    }
  });

  test("hidden states and logits are within 1e-4 in the session", async () => {
    const folder = await open;
    await using bert = await loadFolder(folder, { threads: 1 });
    const names = bert.session.outputs;
    for (const each of cases) {
      const results = await bert.session.run(feeds(folder, each), names);
      compare(each, folder, (output) => results[output]);
    }
  });

  test("hidden states and logits are within 1e-5 in the float64 interpreter", async () => {
    const folder = await open;
    const graph = graphOf(folder);
    const weights = new Map<string, Operand>();
    for (const { source } of graph.parameters) {
      if (source.kind !== "parameter") continue;
      const tensor = folder.tensors.get(source.name)!;
      weights.set(source.name, { dims: tensor.shape, data: await readTensor(folder.files, tensor) });
    }
    for (const each of cases) {
      const results = interpret(graph, new Map([...Object.entries(feeds(folder, each)), ...weights]));
      compare(each, folder, (output) => results.get(output), 1e-5);
    }
  });
});

function encode({ tokenizer, config }: ModelFolder, { items, positions }: Case): Encoding[] {
  const encodings = tokenizer.encodeBatch(items, { maxLength: config.maxPositions });
  return positions ? encodings.map((encoding, i) => ({ ...encoding, masks: positions[i] })) : encodings;
}

function feeds(folder: ModelFolder, each: Case) {
  return collate(encode(folder, each), each.input_ids[0].length, folder.tokenizer.specials.pad);
}

function compare(
  each: Case,
  { config, plugins }: ModelFolder,
  output: (name: string) => FloatTensor | Operand | undefined,
  tolerance = TOLERANCE,
): void {
  const everyRow = each.input_ids.map(() => [1]);
  const check = (
    name: string,
    expected: Float32Array,
    mask: readonly (readonly number[])[],
    width: number,
  ) => {
    const actual = output(name);
    expect(actual, name).toBeDefined();
    expect(largestDifference(actual!.data, expected, mask, width), `${each.name}: ${name}`).toBeLessThan(
      tolerance,
    );
  };
  const { last_hidden_state: hidden, pooler_output: pooled } = each.outputs;
  check("last_hidden_state", unpack(hidden), each.attention_mask, config.hiddenSize);
  if (pooled) check("pooler_output", unpack(pooled), everyRow, config.hiddenSize);
  for (const { name, kind, labels } of plugins) {
    const expected = logits(each.outputs, kind);
    const ofTokens = kind === "span" || kind === "token";
    if (kind === "masked-lm") {
      const everyMask = each.positions!.map((row) => row.map(() => 1));
      check(name, expected, everyMask, config.vocabularySize);
      compareBest(name, expected, config.vocabularySize, output, tolerance);
    } else check(name, expected, ofTokens ? each.attention_mask : everyRow, labels.length);
  }
}

/** What the graph chooses at each mask: the best ids, their logits, and the log of the sum of exponentials of all. */
function compareBest(
  name: string,
  expected: Float32Array,
  vocabulary: number,
  output: (name: string) => FloatTensor | Operand | undefined,
  tolerance: number,
): void {
  const [ids, scores, total] = ["ids", "scores", "total"].map((part) => output(`${name}.${part}`)!);
  const best = ids.dims[2];
  expect([ids.dims, scores.dims, total.data.length]).toEqual([
    scores.dims,
    [...total.dims, 32],
    expected.length / vocabulary,
  ]);
  for (const [mask, sum] of total.data.entries()) {
    const all = expected.subarray(mask * vocabulary, (mask + 1) * vocabulary);
    expect(Math.abs(Math.log(all.reduce((a, x) => a + Math.exp(x), 0)) - sum)).toBeLessThan(tolerance);
    const sorted = all.toSorted().reverse();
    const chosen = ids.data.subarray(mask * best, (mask + 1) * best);
    expect(new Set(chosen).size).toBe(best);
    for (const [n, id] of chosen.entries()) {
      const score = scores.data[mask * best + n];
      expect(Math.abs(score - sorted[n])).toBeLessThan(tolerance);
      expect(Math.abs(score - all[id])).toBeLessThan(tolerance);
    }
  }
}

function pairs(offsets: Int32Array): number[][] {
  return Array.from({ length: offsets.length / 2 }, (_, i) => [offsets[2 * i], offsets[2 * i + 1]]);
}
