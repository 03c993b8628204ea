import fc from "fast-check";
import { expect, test } from "vitest";
import type { Encoding } from "@cloze/core";
import { ExampleSource, PackedRows } from "./examples.ts";
import type { DrawOptions, Examples } from "./examples.ts";

/** Rows of so many tokens, whose ids tell the row: 100 · row + place. */
function rowsOf(lengths: readonly number[]): PackedRows {
  return new PackedRows(
    lengths.map((length, row): Encoding => {
      const ids = Int32Array.from({ length }, (_, i) => 100 * row + i);
      const segments = ids.map((_, i) => (i < 2 ? 0 : 1));
      return { ids, segments, offsets: new Int32Array(2 * length), truncated: false, sources: [] };
    }),
  );
}

function examplesOf(lengths: readonly number[], rowsEach = 1): Examples {
  const counts = Float32Array.from({ length: lengths.length / rowsEach }, (_, i) => 1 + (i % 3));
  return {
    rows: rowsOf(lengths),
    rowsEach,
    counts,
    labels: (examples, _length, scale) => ({
      labels: { type: "int32", dims: [examples.length], data: Int32Array.from(examples) },
      weights: {
        type: "float32",
        dims: [examples.length],
        data: Float32Array.from(examples, (i) => counts[i] * scale),
      },
    }),
  };
}

const options: DrawOptions = { batch: 4, seed: 1, microTokens: 32, padding: 0 };
const lengths = [3, 9, 5, 17, 2, 8, 30, 4, 6, 7];

async function drawEpoch(source: ExampleSource): Promise<number[][]> {
  const batches: number[][] = [];
  for (let nth = 0; nth < source.batches; nth++) {
    const { feeds } = await source.next();
    batches.push(feeds.flatMap(({ labels }) => Array.from(labels.data)));
  }
  return batches;
}

test("packed rows are padded with their mask, and the second text is told from the first", () => {
  const {
    input_ids: ids,
    token_type_ids: segments,
    attention_mask: mask,
  } = rowsOf([3, 2]).collate([1, 0], 4, 7);
  expect(ids).toEqual({ type: "int32", dims: [2, 4], data: Int32Array.of(100, 101, 7, 7, 0, 1, 2, 7) });
  expect(segments.data).toEqual(Int32Array.of(0, 0, 0, 0, 0, 0, 1, 0));
  expect(mask.data).toEqual(Float32Array.of(1, 1, 0, 0, 1, 1, 1, 0));
});

test("an epoch has every example once, in an order of its own, and the rest in its last batch", async () => {
  const source = new ExampleSource(examplesOf(lengths), options);
  const [first, second] = [await drawEpoch(source), await drawEpoch(source)];
  for (const epoch of [first, second]) {
    expect(epoch.map((batch) => batch.length)).toEqual([4, 4, 2]);
    expect(epoch.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
  }
  expect(first).not.toEqual(second);
  expect(source.epoch).toBe(2);
});

const draw = (seed: number) => drawEpoch(new ExampleSource(examplesOf(lengths), { ...options, seed }));

test("another seed gives another order, the same seed the same", async () => {
  expect(await draw(1)).toEqual(await draw(1));
  expect(await draw(1)).not.toEqual(await draw(2));
});

test("weights sum to 1 over a batch, micro-batches hold their tokens and are padded to multiples of 8", async () => {
  const source = new ExampleSource(examplesOf(lengths), options);
  for (let nth = 0; nth < 6; nth++) {
    const { feeds, tokens } = await source.next();
    const weights = feeds.flatMap((feed) => Array.from(feed.weights.data));
    expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    const masks = feeds.flatMap((feed) => Array.from(feed.attention_mask.data));
    expect(masks.reduce((a, b) => a + b)).toBe(tokens);
    for (const { input_ids: ids } of feeds) {
      const [rows, length] = ids.dims;
      expect(length % 8).toBe(0);
      expect(rows === 1 || rows * length <= 32).toBe(true);
    }
  }
});

test("the rows of a question stay together", async () => {
  const source = new ExampleSource(examplesOf(lengths, 2), { ...options, batch: 2 });
  for (const { labels, input_ids: ids } of (await source.next()).feeds)
    for (const [i, example] of labels.data.entries()) {
      const [, length] = ids.dims;
      expect([ids.data[2 * i * length], ids.data[(2 * i + 1) * length]]).toEqual([
        200 * example,
        200 * example + 100,
      ]);
    }
});

test("what comes after a position is what came there", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 1, max: 11 }),
      async (before, batch) => {
        const source = new ExampleSource(examplesOf(lengths), { ...options, batch });
        for (let nth = 0; nth < before; nth++) await source.next();
        const other = new ExampleSource(examplesOf(lengths), { ...options, batch });
        await other.seek(source.position());
        expect(other.epoch).toBe(source.epoch);
        for (let nth = 0; nth < 4; nth++) expect(await other.next()).toEqual(await source.next());
      },
    ),
    { numRuns: 30 },
  );
});

test("a position that there is not is refused", async () => {
  const source = new ExampleSource(examplesOf(lengths), options);
  await expect(source.seek({ epoch: 0, at: 10 })).rejects.toThrow('There is no place {"epoch":0,"at":10}');
});
