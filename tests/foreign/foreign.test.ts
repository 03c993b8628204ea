/**
 * ONNX files as other tools write them give what PyTorch gives for the model that they were exported from, whatever
 * their opset, names, types and fixed sizes. How they were made: tests/reference/foreign.py.
 */
import { readdirSync } from "node:fs";
import { collate } from "@cloze/core";
import type { Feeds, FloatTensor, Predictor } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { describe, expect, test } from "vitest";
import { fixturePath, readCases, unpack } from "../reference/fixtures.ts";
import type { Case, Packed } from "../reference/fixtures.ts";

const folders = readdirSync(fixturePath("foreign")).filter((name) => name !== "refused" && name !== "hub");

/** float16 has 11 bits, and errors of a whole layer add up. */
const tolerance = (name: string): number => (name === "half" ? 0.02 : 1e-4);

interface ForeignCase extends Case {
  readonly positions?: readonly (readonly number[])[];
}

describe.each(folders)("%s", (name) => {
  const cases: readonly ForeignCase[] = readCases(`foreign/${name}/expected.json`);

  test("every output that the file has is PyTorch's", async () => {
    await using bert = await load(fixturePath(`foreign/${name}/model.onnx`), { threads: 1 });
    let compared = 0;
    for (const each of cases) {
      const results = await bert.session.run(feedsOf(bert, each), bert.session.outputs);
      for (const [output, expected] of expectedOutputs(bert, each)) {
        expect(difference(results[output], expected, each), `${each.name}: ${output}`).toBeLessThan(
          tolerance(name),
        );
        compared++;
      }
    }
    expect(compared).toBeGreaterThanOrEqual(cases.length);
  });

  test("all texts at once give what each gives alone", async () => {
    await using bert = await load(fixturePath(`foreign/${name}/model.onnx`), { threads: 1 });
    const items = cases.flatMap((each) => each.items);
    const output = bert.plugins.at(-1)?.name ?? `mean.${bert.config.layers}`;
    const rows = (feeds: Feeds): Promise<Record<string, FloatTensor>> => bert.session.run(feeds, [output]);
    if (bert.session.tokensPerRun === 1) return; // cannot tell padding from words, so no batch is made of several
    const encodings = bert.tokenizer
      .encodeBatch(items, { maxLength: bert.config.maxPositions })
      .map((encoding) => ({ ...encoding, masks: [1] })); // read by a head on masked words only
    const length = Math.max(...encodings.map(({ ids }) => bert.session.paddedLength(ids.length)));
    const together = (await rows(collate(encodings, length, 0)))[output];
    for (const [i, encoding] of encodings.entries()) {
      const alone = (await rows(collate([encoding], length, 0)))[output];
      const size = alone.data.length;
      const there = together.data.subarray(i * size, (i + 1) * size);
      expect(Math.max(...there.map((x, at) => Math.abs(x - alone.data[at])))).toBeLessThan(tolerance(name));
    }
  });
});

/** The fixture's texts, tokenized by Cloze, in tensors. */
function feedsOf({ tokenizer, session, config }: Predictor, each: ForeignCase): Feeds {
  const encodings = tokenizer.encodeBatch(each.items, { maxLength: config.maxPositions });
  for (const [i, { ids }] of encodings.entries())
    expect([...ids]).toEqual(each.input_ids[i].slice(0, ids.length));
  const length = session.paddedLength(Math.max(...encodings.map(({ ids }) => ids.length)));
  const feeds = collate(encodings, length, tokenizer.specials.pad);
  if (!each.positions) return feeds;
  const dims = [encodings.length, each.positions[0].length];
  return {
    ...feeds,
    masked_positions: { type: "int32", dims, data: Int32Array.from(each.positions.flat()) },
  };
}

/** What the fixture has, under the names that Cloze has for it, as far as the file gives it. */
function expectedOutputs({ session, plugins, config }: Predictor, { outputs }: Case): [string, Packed][] {
  const own = (kind: string): string | undefined => plugins.find((plugin) => plugin.kind === kind)?.name;
  const head = own("masked-lm") === undefined ? plugins.at(0)?.name : own("next-sentence");
  const { start_logits: start, end_logits: end } = outputs;
  const named: readonly (readonly [string | undefined, Packed | undefined])[] = [
    ["last_hidden_state", outputs.last_hidden_state],
    [`hidden.${config.layers}`, outputs.last_hidden_state],
    ["hidden.0", outputs["hidden_states.0"]],
    ["pooler_output", outputs.pooler_output],
    [own("masked-lm"), outputs.prediction_logits],
    [head, outputs.logits ?? outputs.seq_relationship_logits ?? (start && end && interleave(start, end))],
  ];
  return named.flatMap(([name, value]): [string, Packed][] =>
    name !== undefined && value !== undefined && session.outputs.includes(name) ? [[name, value]] : [],
  );
}

function interleave(start: Packed, end: Packed): Packed {
  const [starts, ends] = [unpack(start), unpack(end)];
  const data = Float32Array.from(
    { length: 2 * starts.length },
    (_, i) => (i % 2 === 0 ? starts : ends)[i >> 1],
  );
  return { shape: [...start.shape, 2], data: Buffer.from(data.buffer).toString("base64") };
}

/** The largest difference; of an output a token, over the real tokens: Cloze and PyTorch pad to other lengths. */
function difference(actual: FloatTensor, expected: Packed, { attention_mask: mask }: Case): number {
  const values = unpack(expected);
  const [rows, length] = expected.shape;
  const tokens = length === mask[0].length && actual.dims.length === 3;
  const width = tokens ? expected.shape[2] : values.length / rows;
  let largest = actual.dims.at(-1) === expected.shape.at(-1) || expected.shape[0] === 1 ? 0 : Infinity;
  for (let row = 0; row < rows; row++) {
    for (let token = 0; token < (tokens ? length : 1); token++) {
      if (tokens && mask[row][token] === 0) continue;
      const at = tokens ? (row * actual.dims[1] + token) * width : row * width;
      const from = tokens ? (row * length + token) * width : row * width;
      for (let i = 0; i < width; i++)
        largest = Math.max(largest, Math.abs(actual.data[at + i] - values[from + i]));
    }
  }
  return largest;
}
