import { Tokenizer, Vocabulary } from "@cloze/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { Examples } from "./examples.ts";
import { countPredictions, Masker, type MaskingOptions } from "./masking.ts";
import { rareWords, unigramEntropy } from "./token-counts.ts";

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const WORDS = Array.from({ length: 500 }, (_, nth) => `w${nth}`);
const ENDINGS = Array.from({ length: 500 }, (_, nth) => `##c${nth}`);
const tokenizer = new Tokenizer(Vocabulary.of([...SPECIALS, ...WORDS, ...ENDINGS]));
const { cls, sep, mask: MASK } = tokenizer.specials;
const continues = (id: number): boolean => id >= SPECIALS.length + WORDS.length;

/** An example of these tokens, masked; its masks by place. */
function mask(tokens: readonly number[], random: Random, options: MaskingOptions) {
  const examples = new Examples();
  examples.begin(tokens.length);
  examples.ids.set(tokens);
  examples.end(tokens.length, tokens.length, false);
  new Masker(tokenizer, options).mask(examples, 0, random);
  const count = examples.maskStarts[1];
  return {
    ids: [...examples.ids.subarray(0, tokens.length)],
    positions: [...examples.positions.subarray(0, count)],
    labels: [...examples.labels.subarray(0, count)],
  };
}

const rows = fc
  .array(fc.oneof(fc.integer({ min: 5, max: 1004 }), fc.constant(sep)), { minLength: 1, maxLength: 80 })
  .map((ids) => [cls, ...ids, sep]);

test("15 % are predicted, counting [CLS] and [SEP], half rounded to even, one at least, the most at most", () => {
  const counts = [3, 9, 10, 30, 50, 70, 128, 512].map((length) => countPredictions(length, 77));
  expect(counts).toEqual([1, 1, 2, 4, 8, 10, 19, 77]);
  expect(countPredictions(512, 20)).toBe(20);
});

test("labels are what was there; nothing else changes; [CLS] and [SEP] stay", () => {
  fc.assert(
    fc.property(rows, fc.nat(), fc.boolean(), (tokens, seed, wholeWord) => {
      const { ids, positions, labels } = mask(tokens, new Random(seed), { maxPredictions: 20, wholeWord });
      const words = tokens.filter((id) => id !== cls && id !== sep).length;
      const most = Math.min(words, countPredictions(tokens.length, 20));
      if (wholeWord) expect(positions.length).toBeLessThanOrEqual(most);
      else expect(positions.length).toBe(most);
      expect(positions).toEqual([...new Set(positions)].sort((one, other) => one - other));
      const restored = [...ids];
      for (const [nth, place] of positions.entries()) {
        expect([cls, sep]).not.toContain(tokens[place]);
        restored[place] = labels[nth];
      }
      expect(restored).toEqual(tokens);
    }),
  );
});

test("whole words are masked whole", () => {
  fc.assert(
    fc.property(rows, fc.nat(), (tokens, seed) => {
      const { positions } = mask(tokens, new Random(seed), { maxPredictions: 20, wholeWord: true });
      const masked = new Set(positions);
      let last = -1; // place of the last piece
      for (const [place, id] of tokens.entries()) {
        if (id === cls || id === sep) continue;
        if (last >= 0 && continues(id)) expect(masked.has(place)).toBe(masked.has(last));
        last = place;
      }
    }),
  );
});

test("80 % become [MASK], 10 % any piece of the vocabulary, 10 % stay; every place is as likely", () => {
  const random = new Random(1);
  const tokens = [cls, ...Array.from({ length: 98 }, (_, nth) => 5 + nth), sep];
  const counts = { mask: 0, same: 0, other: 0 };
  const places = new Float64Array(tokens.length);
  let beyond = 0;
  for (let drawn = 0; drawn < 2000; drawn++) {
    const { ids, positions, labels } = mask(tokens, random, { maxPredictions: 20 });
    for (const [nth, place] of positions.entries()) {
      places[place]++;
      if (ids[place] === MASK) counts.mask++;
      else if (ids[place] === labels[nth]) counts.same++;
      else counts.other++;
      if (continues(ids[place])) beyond++;
    }
  }
  const all = 15 * 2000;
  const near = (count: number, share: number): void =>
    expect(Math.abs(count - all * share)).toBeLessThan(5 * Math.sqrt(all * share * (1 - share)));
  near(counts.mask, 0.8);
  near(counts.same, 0.1);
  near(counts.other, 0.1);
  near(beyond, (0.1 * 500) / 1005);
  for (const count of places.subarray(1, 99)) near(count, 1 / 98);
});

test("with a score, words are drawn by it: the first one in proportion, one of score 0 never", () => {
  const [never, rare, often] = [5, 6, 7];
  const tokens = [cls, never, rare, often, 505, sep]; // `often` has two pieces
  const random = new Random(2);
  const firsts = new Map<number, number>();
  const score = (pieces: Int32Array): number =>
    pieces[0] === often ? 3 * (pieces.length - 1) : pieces[0] - never;
  for (let drawn = 0; drawn < 3000; drawn++) {
    const { labels } = mask(tokens, random, { maxPredictions: 2, score });
    firsts.set(labels[0], (firsts.get(labels[0]) ?? 0) + 1);
  }
  // 15 % of six tokens is one piece: the word of two is never taken, the next word is.
  expect([...firsts.keys()]).toEqual([rare]);
  const one = [cls, never, rare, often, sep];
  firsts.clear();
  for (let drawn = 0; drawn < 3000; drawn++) {
    const { labels } = mask(one, random, { maxPredictions: 2, score: ([id]) => [0, 1, 3][id - never] });
    firsts.set(labels[0], (firsts.get(labels[0]) ?? 0) + 1);
  }
  expect(firsts.get(never)).toBeUndefined();
  expect(Math.abs((firsts.get(often) ?? 0) - 2250)).toBeLessThan(5 * Math.sqrt(3000 * (3 / 16)));
});

test("rare words score higher, by the square root of how much rarer their rarest piece is", () => {
  const score = rareWords([99, 9999, 0]);
  expect(score(Int32Array.of(0)) / score(Int32Array.of(1))).toBeCloseTo(10);
  expect(score(Int32Array.of(1, 0))).toBe(score(Int32Array.of(0)));
  expect(score(Int32Array.of(2))).toBe(1);
});

test("the entropy of tokens is that of their frequencies", () => {
  expect(unigramEntropy([2, 0, 2, 4])).toBeCloseTo(1.5 * Math.log(2));
});

test("a vocabulary without [MASK] is refused", () => {
  const bare = new Tokenizer(Vocabulary.of(SPECIALS.slice(0, 4)));
  expect(() => new Masker(bare, { maxPredictions: 1 })).toThrow(/no \[MASK\]/);
});
