import { readFileSync } from "node:fs";
import { Tokenizer, Vocabulary } from "@cloze/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { purposes, Random } from "../random.ts";
import { type Documents, Examples } from "./examples.ts";
import { Masker } from "./masking.ts";
import { makeSegments } from "./segments.ts";
import { makePairs } from "./sentence-pairs.ts";

interface Case {
  readonly seed: number;
  readonly length: number;
  readonly shortProbability: number;
  readonly maxPredictions: number;
  readonly wholeWord: boolean;
  readonly documents: number[][][];
  readonly examples: unknown[];
}

const fixture = new URL("../../../../tests/fixtures/pretraining-data.json", import.meta.url);
const { pieces, cases } = JSON.parse(readFileSync(fixture, "utf8")) as { pieces: string[]; cases: Case[] };
const tokenizer = new Tokenizer(Vocabulary.of(pieces));
const { specials } = tokenizer;

/** Documents in memory. */
function hold(documents: readonly (readonly (readonly number[])[])[]): Documents {
  return {
    documents: documents.length,
    sentences: (document) => documents[document].length,
    read(document, from = 0, tokens = Number.POSITIVE_INFINITY) {
      const ids: number[] = [];
      const ends: number[] = [];
      for (const sentence of documents[document].slice(from)) {
        ids.push(...sentence);
        ends.push(ids.length);
        if (ids.length >= tokens) break;
      }
      return { ids: Uint32Array.from(ids), ends: Uint32Array.from(ends) };
    },
  };
}

function idsOf(examples: Examples, example: number): number[] {
  return [...examples.ids.subarray(examples.starts[example], examples.starts[example + 1])];
}

test.each(cases)(
  "pairs and masks are the original's, draw for draw (seed $seed, length $length)",
  ({ seed, documents, examples: expected, ...options }) => {
    const masker = new Masker(tokenizer, options);
    const found = documents.map((_, document) => {
      const examples = new Examples();
      const random = new Random(seed, purposes.segments, 0, document);
      makePairs(hold(documents), document, { ...options, specials }, random, examples);
      const masks = new Random(seed, purposes.masks, 0, document);
      return Array.from({ length: examples.count }, (__, nth) => {
        masker.mask(examples, nth, masks);
        const [from, to] = examples.maskStarts.subarray(nth, nth + 2);
        return {
          ids: idsOf(examples, nth),
          first: examples.firsts[nth],
          random: examples.random[nth],
          positions: [...examples.positions.subarray(from, to)],
          labels: [...examples.labels.subarray(from, to)],
        };
      });
    });
    expect(found).toEqual(expected);
  },
);

// Each token says where it is from, above the special ids.
const corpora = fc
  .array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((documents) => {
    let id = 100;
    return documents.map((sentences) =>
      sentences.map((tokens) => Array.from({ length: tokens }, () => id++)),
    );
  });
const lengths = fc.integer({ min: 5, max: 64 });
const probabilities = fc.constantFrom(0, 0.1, 1);

test("a pair is [CLS] a [SEP] b [SEP] within the length; its label says whether b goes on where a ended", () => {
  fc.assert(
    fc.property(corpora, lengths, probabilities, fc.nat(), (documents, length, shortProbability, seed) => {
      const total = documents.flat().length;
      const sentenceOf = new Map(documents.flat().flatMap((ids, nth) => ids.map((id) => [id, nth])));
      const documentOf = new Map(documents.flatMap((all, nth) => all.flat().map((id) => [id, nth])));
      for (const document of documents.keys()) {
        const examples = new Examples();
        const options = { length, shortProbability, specials };
        makePairs(hold(documents), document, options, new Random(seed), examples);
        let next = sentenceOf.get(documents[document][0][0]);
        for (let nth = 0; nth < examples.count; nth++) {
          const ids = idsOf(examples, nth);
          expect(ids.length).toBeLessThanOrEqual(length);
          const a = ids.slice(1, examples.firsts[nth] - 1);
          const b = ids.slice(examples.firsts[nth], -1);
          expect(ids).toEqual([specials.cls, ...a, specials.sep, ...b, specials.sep]);
          for (const side of [a, b])
            expect(side).toEqual(Array.from({ length: side.length }, (_, at) => side[0] + at));
          expect(documentOf.get(a[0])).toBe(document);
          // Sentence by sentence, none is left out: what a and a true b hold is used, the rest comes again.
          expect(sentenceOf.get(a[0])).toBeGreaterThanOrEqual(next ?? total);
          if (examples.random[nth] === 0) expect(documentOf.get(b[0])).toBe(document);
          if (examples.random[nth] === 0) expect(b[0]).toBeGreaterThan(a[a.length - 1]);
          next = sentenceOf.get((examples.random[nth] === 0 ? b : a).at(-1) ?? 0);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("where pairs need not be truncated, each sentence of a document is used once, in order", () => {
  // Sentences of one token: whatever is drawn, no pair is longer than its target, but for the second of random ones.
  const documents = Array.from({ length: 5 }, (_, document) =>
    Array.from({ length: 50 }, (__, sentence) => [100 * (document + 1) + sentence]),
  );
  for (let seed = 0; seed < 20; seed++) {
    const examples = new Examples();
    makePairs(
      hold(documents),
      2,
      { length: 16, shortProbability: 0.1, specials },
      new Random(seed),
      examples,
    );
    const used: number[] = [];
    for (let nth = 0; nth < examples.count; nth++) {
      const ids = idsOf(examples, nth);
      used.push(...ids.slice(1, examples.firsts[nth] - 1));
      if (examples.random[nth] === 0) used.push(...ids.slice(examples.firsts[nth], -1));
    }
    expect(used).toEqual(documents[2].flat());
  }
});

test("half of the pairs are random, from another document while there is one", () => {
  const documents = Array.from({ length: 20 }, (_, document) =>
    Array.from({ length: 400 }, () => Array.from({ length: 5 }, () => 1000 + document)),
  );
  let random = 0;
  let all = 0;
  for (const document of documents.keys()) {
    const examples = new Examples();
    makePairs(
      hold(documents),
      document,
      { length: 32, shortProbability: 0, specials },
      new Random(1, document),
      examples,
    );
    for (let nth = 0; nth < examples.count; nth++) {
      const ids = idsOf(examples, nth);
      const same = ids[examples.firsts[nth]] === ids[1];
      expect(same).toBe(examples.random[nth] === 0);
      random += examples.random[nth];
    }
    all += examples.count;
  }
  // A last sentence left over has no next: a few more than half.
  expect(Math.abs(random - all / 2)).toBeLessThan(20 + 4 * Math.sqrt(all / 4));
});

test("segments hold each token of a document once, in order, within the length", () => {
  fc.assert(
    fc.property(corpora, lengths, probabilities, fc.nat(), (documents, length, shortProbability, seed) => {
      for (const [nth, document] of documents.entries()) {
        const examples = new Examples();
        makeSegments(
          hold(documents),
          nth,
          { length, shortProbability, specials },
          new Random(seed),
          examples,
        );
        const rows = Array.from({ length: examples.count }, (_, example) => idsOf(examples, example));
        expect(rows.flatMap((row) => row.slice(1, -1))).toEqual(document.flat());
        for (const row of rows) {
          expect(row.length).toBeLessThanOrEqual(length);
          expect([row[0], row.at(-1)]).toEqual([specials.cls, specials.sep]);
        }
      }
    }),
  );
});

test("without short ones, a segment ends with a sentence, and the next one would not have fitted", () => {
  const documents = [
    [Array(7).fill(10), Array(7).fill(11), Array(7).fill(12), Array(30).fill(13)],
  ] as number[][][];
  const examples = new Examples();
  makeSegments(hold(documents), 0, { length: 18, shortProbability: 0, specials }, new Random(1), examples);
  expect(Array.from({ length: examples.count }, (_, nth) => examples.length(nth))).toEqual([16, 9, 18, 16]);
});
