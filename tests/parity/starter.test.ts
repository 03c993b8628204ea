/**
 * The starter gives what `transformers` gives for it: ids and offsets exactly; hidden states, features and the logits
 * of its plugins within 1e-4.
 */
import { collate } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { largestDifference, readCases, unpack } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";

const TOLERANCE = 1e-4;
const bert = await load(starter, { threads: 1 });
afterAll(() => bert[Symbol.asyncDispose]());
const { hiddenSize, layers } = bert.config;

describe.each(readCases("starter/expected.json"))("$name", (each) => {
  const masks = each.masks!;
  const encodings = each.items.map((item, i) => ({
    ...bert.tokenizer.encode(item, { maxLength: bert.config.maxPositions }),
    masks: masks.filter(({ row }) => row === i).map(({ position }) => position),
  }));
  const length = each.input_ids[0].length;
  const outputs = bert.session.outputs.filter(
    (name) => masks.length > 0 || !/^masked-lm(\.|$)/.test(name), // which speaks of masks alone
  );
  const run = () => bert.session.run(collate(encodings, length, bert.tokenizer.specials.pad), outputs);

  test("ids, segments and offsets", () => {
    for (const [i, { ids, segments, offsets }] of encodings.entries()) {
      const real = each.offsets[i].length;
      expect([...ids]).toEqual(each.input_ids[i].slice(0, real));
      expect([...segments]).toEqual(each.token_type_ids[i].slice(0, real));
      expect([...offsets]).toEqual(each.offsets[i].flat());
    }
  });

  test("hidden states, features and logits", async () => {
    const results = await run();
    const everyRow = each.input_ids.map(() => [1]);
    const step = each.step ?? 1;
    const kept = keepRows(results.last_hidden_state.data, length, hiddenSize, step);
    const mask = each.attention_mask.map((row) => row.filter((_, i) => i % step === 0));
    const close = (
      actual: ArrayLike<number>,
      expected: ArrayLike<number>,
      of: readonly (readonly number[])[] = everyRow,
      width = hiddenSize,
    ) => expect(largestDifference(actual, expected, of, width)).toBeLessThan(TOLERANCE);
    close(kept, unpack(each.outputs.last_hidden_state), mask);
    close(results.pooler_output.data, unpack(each.outputs.pooler_output));
    close(results.sentiment.data, unpack(each.outputs.sentiment), everyRow, 2);
    close(results["next-sentence"].data, unpack(each.outputs.seq_relationship_logits), everyRow, 2);
    close(results.entities.data, unpack(each.outputs.entities), each.attention_mask, 9);
    const [start, end] = [unpack(each.outputs.start_logits), unpack(each.outputs.end_logits)];
    close(
      results.answers.data.filter((_, i) => i % 2 === 0),
      start,
      each.attention_mask,
      1,
    );
    close(
      results.answers.data.filter((_, i) => i % 2 === 1),
      end,
      each.attention_mask,
      1,
    );
    // Only cases of one row have masks.
    for (const [n, { ids, logits, logsumexp }] of masks.entries()) {
      const [found, scores] = ["ids", "scores"].map((part) => {
        const { data, dims } = results[`masked-lm.${part}`];
        return data.subarray(n * dims[2], n * dims[2] + ids.length);
      });
      expect([...found]).toEqual(ids);
      close(scores, unpack(logits), [[1]], ids.length);
      close(results["masked-lm.total"].data.subarray(n, n + 1), unpack(logsumexp), [[1]], 1);
    }
    const means = unpack(each.outputs.mean_pooled);
    const size = encodings.length * hiddenSize;
    for (let n = 0; n <= layers; n++)
      close(results[`mean.${n}`].data, means.subarray(n * size, (n + 1) * size));
  });
});

/** Every `step`th token row of [batch, length, width]. */
function keepRows(data: Float32Array, length: number, width: number, step: number): Float32Array {
  return data.filter((_, i) => (Math.floor(i / width) % length) % step === 0);
}
