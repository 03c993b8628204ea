import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchByLength, bucketLength, collate } from "./collate.ts";
import { join, whole } from "./encoding.ts";
import type { Slice } from "./encoding.ts";
import { type Direction, keptOfFirst, longestFirst, type Truncation } from "./truncation.ts";
import { maxContext, windows } from "./windows.ts";
import { wordWindows } from "./word-windows.ts";

const specials = { cls: 101, sep: 102, pad: 0, unk: 100, mask: 103 };
const tokens = (...ids: number[]): Slice =>
  whole({ ids: Int32Array.from(ids), offsets: Int32Array.from(ids.flatMap((_, i) => [10 * i, 10 * i + 5])) });

describe("one example", () => {
  test("a text is [CLS] a [SEP]", () => {
    const { ids, segments, offsets } = join(specials, tokens(7, 8));
    expect([...ids]).toEqual([101, 7, 8, 102]);
    expect([...segments]).toEqual([0, 0, 0, 0]);
    expect([...offsets]).toEqual([0, 0, 0, 5, 10, 15, 0, 0]);
  });

  test("a pair is [CLS] a [SEP] b [SEP], and b is of segment 1 to its [SEP]", () => {
    const { ids, segments } = join(specials, tokens(7), tokens(8, 9));
    expect([...ids]).toEqual([101, 7, 102, 8, 9, 102]);
    expect([...segments]).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test("a slice brings its own tokens' offsets along", () => {
    const { ids, offsets } = join(specials, { ...tokens(7, 8, 9), first: 1, count: 1 });
    expect([...ids]).toEqual([101, 8, 102]);
    expect([...offsets]).toEqual([0, 0, 10, 15, 0, 0]);
  });
});

// Made by tests/reference/truncation.py with Hugging Face's Rust tokenizers.
const file = new URL("../../../../tests/fixtures/truncation.json", import.meta.url);
type Kept = [firstA: number, countA: number, firstB: number, countB: number] | null;
const fixture = JSON.parse(readFileSync(file, "utf8")) as {
  truncation: [a: number, b: number | null, room: number, Truncation, right: Kept, left: Kept][];
  windows: [length: number, room: number, overlap: number, Direction, [first: number, count: number][]][];
};

describe("truncation", () => {
  test("keeps what Hugging Face's tokenizers keep, for all small lengths", () => {
    expect(fixture.truncation.length).toBeGreaterThan(2000);
    for (const [a, b, room, truncation, right, left] of fixture.truncation) {
      const row = `${a}, ${b} in ${room}, ${truncation}`;
      expect(left === null, row).toBe(right === null);
      if (b === null && truncation === "only-second") continue; // refused beforehand, whatever the length
      if (right === null) {
        expect(() => keptOfFirst(a, b ?? 0, room, truncation), row).toThrow(
          expect.objectContaining({
            code: "invalid-option",
            message: expect.stringMatching(/not to be cut/),
          }),
        );
        continue;
      }
      const keptA = keptOfFirst(a, b ?? 0, room, truncation);
      const keptB = Math.min(b ?? 0, room - keptA);
      expect([0, keptA, 0, keptB], row).toEqual(right);
      expect([keptA && a - keptA, keptA, keptB && b! - keptB, keptB], row).toEqual(left);
    }
  });
  test("longest-first is a function of its own", () => {
    for (const [a, b, room, truncation, right] of fixture.truncation)
      if (b !== null && truncation === "longest-first")
        expect(longestFirst(a, b, room)).toEqual([right![1], right![3]]);
  });
});

describe("windows", () => {
  const options = fc
    .record({
      length: fc.integer({ min: 0, max: 300 }),
      room: fc.integer({ min: 1, max: 60 }),
      part: fc.double({ min: 0, max: 0.99, noNaN: true }),
    })
    .map(({ length, room, part }) => ({ length, room, overlap: Math.floor(room * part) }));

  test("cover every token, each sharing exactly `overlap` with the next", () => {
    fc.assert(
      fc.property(options, ({ length, room, overlap }) => {
        const list = windows(length, room, overlap);
        expect(list[0].first).toBe(0);
        expect(list.at(-1)!.first + list.at(-1)!.count).toBe(length);
        for (const [i, { first, count }] of list.entries()) {
          expect(count).toBeLessThanOrEqual(room);
          if (i > 0) expect(list[i - 1].first + list[i - 1].count - first).toBe(overlap);
        }
      }),
    );
  });

  test.each([0, -4])(
    "of %i places are refused, with no less than none, and the option that gives more",
    (room) => {
      expect(() => windows(9, room, 0)).toThrow(
        expect.objectContaining({
          code: "invalid-option",
          field: "maxLength",
          message: "No token of the text fits: 0 places are left, so allow more tokens.",
        }),
      );
    },
  );

  test("each token belongs to a window that holds it, where it has most context", () => {
    fc.assert(
      fc.property(options, ({ length, room, overlap }) => {
        const list = windows(length, room, overlap);
        const context = (w: number, i: number) =>
          Math.min(i - list[w].first, list[w].first + list[w].count - 1 - i);
        for (const [i, owner] of maxContext(length, list).entries()) {
          expect(context(owner, i)).toBeGreaterThanOrEqual(0);
          for (const w of list.keys())
            expect(context(w, i)).toBeLessThanOrEqual(context(owner, i) + 0.01 * room);
        }
      }),
    );
  });

  test("are those of Hugging Face's overflowing tokens, from either end, for all small lengths", () => {
    expect(fixture.windows.length).toBeGreaterThan(400);
    for (const [length, room, overlap, direction, expected] of fixture.windows) {
      const list = windows(length, room, overlap, direction).map(({ first, count }) => [first, count]);
      expect(list, `${length} in ${room}, ${overlap} shared, ${direction}`).toEqual(expected);
    }
  });

  test("from the right are those from the left, mirrored", () => {
    fc.assert(
      fc.property(options, ({ length, room, overlap }) => {
        const mirrored = windows(length, room, overlap)
          .map(({ first, count }) => ({ first: length - first - count, count }))
          .reverse();
        expect(windows(length, room, overlap, "left")).toEqual(mirrored);
      }),
    );
  });

  test("an overlap that leaves no step is refused with what fits", () => {
    expect(() => windows(10, 5, 5)).toThrow("An overlap of 5 leaves no step: choose 0 to 4");
    expect(() => windows(10, 5, -1)).toThrow("An overlap of -1");
    expect(() => windows(10, 0, 0)).toThrow("0 places");
  });
});

describe("batches", () => {
  test("hold every text once, like lengths together, within the budget", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 512 })),
        fc.integer({ min: 1, max: 4096 }),
        (lengths, budget) => {
          const batches = batchByLength(lengths, budget);
          expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
          const sorted = batches.flat().map((i) => lengths[i]);
          expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
          for (const batch of batches)
            if (batch.length > 1) expect(batch.length * lengths[batch.at(-1)!]).toBeLessThanOrEqual(budget);
        },
      ),
    );
  });

  test("padding is [PAD], segment 0, mask 0", () => {
    const { input_ids, token_type_ids, attention_mask } = collate(
      [join(specials, tokens(7)), join(specials, tokens(8, 9))],
      5,
      1,
    );
    expect([...input_ids.data]).toEqual([101, 7, 102, 1, 1, 101, 8, 9, 102, 1]);
    expect([...token_type_ids.data]).toEqual(new Array(10).fill(0));
    expect([...attention_mask.data]).toEqual([1, 1, 1, 0, 0, 1, 1, 1, 1, 0]);
    expect(input_ids.dims).toEqual([2, 5]);
  });

  test("too short for an encoding are refused, and no row runs over into the next", () => {
    expect(() => collate([join(specials, tokens(7)), join(specials, tokens(8, 9))], 3, 0)).toThrow(
      "Encoding 1 has 4 tokens, and the batch is 3 long: pad to the longest.",
    );
  });
});

describe("buckets", () => {
  test("are the next multiple", () => {
    expect([0, 1, 8, 9].map((length) => bucketLength(length, 8))).toEqual([0, 8, 8, 16]);
  });
  test("or the least of a list that is long enough, in any order", () => {
    expect([1, 16, 17, 64].map((length) => bucketLength(length, [64, 16, 32]))).toEqual([16, 16, 32, 64]);
  });
  test("that are too short, or none, are refused", () => {
    expect(() => bucketLength(65, [64, 16])).toThrow(
      "65 tokens fit in no bucket of 64, 16: add a longer one.",
    );
    for (const bucket of [0, 1.5, -8, Number.NaN, [16, 0]])
      expect(() => bucketLength(5, bucket)).toThrow(expect.objectContaining({ code: "invalid-option" }));
    expect(() => bucketLength(5, [])).toThrow("an empty list");
  });
});

describe("windows at the borders of words", () => {
  const words = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 120 }).map((lengths) => {
    const borders = [0];
    for (const length of lengths) borders.push(borders.at(-1)! + length);
    return borders;
  });
  const cases = fc.record({
    words,
    room: fc.integer({ min: 9, max: 60 }),
    part: fc.double({ min: 0, max: 0.9, noNaN: true }),
  });

  test("cover every token, split no word, and share at least `overlap` where words let them", () => {
    fc.assert(
      fc.property(cases, ({ words: borders, room, part }) => {
        const overlap = Math.floor(room * part);
        const list = wordWindows(Int32Array.from(borders), room, overlap);
        expect(list[0].first).toBe(0);
        expect(list.at(-1)!.first + list.at(-1)!.count).toBe(borders.at(-1));
        for (const [i, { first, count }] of list.entries()) {
          expect(count).toBeLessThanOrEqual(room);
          expect(borders).toContain(first);
          expect(borders).toContain(first + count);
          if (i === 0) continue;
          const before = list[i - 1];
          expect(first).toBeGreaterThan(before.first); // it goes on
          expect(first).toBeLessThanOrEqual(before.first + before.count); // and leaves nothing out
        }
      }),
    );
  });

  test("only a word that is longer than a window is split", () => {
    expect(wordWindows(Int32Array.of(0, 2, 12, 13), 5, 1)).toEqual([
      { first: 0, count: 2 },
      { first: 2, count: 5 },
      { first: 7, count: 5 },
      { first: 12, count: 1 },
    ]);
  });
});
