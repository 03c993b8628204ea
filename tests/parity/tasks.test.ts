/**
 * The tasks on whole texts give what `transformers` gives: labels, next sentences, choices, vectors and rankings; for
 * texts of all lengths and scripts, alone and in one batch.
 */
import type { EmbedOptions } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { fixturePath, readFixture, unpack } from "../reference/fixtures.ts";
import type { Packed } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";
import { near } from "./near.ts";

interface Pair {
  readonly text: string;
  readonly pair?: string;
}

const open = (name: string) =>
  load(name === "starter" ? starter : fixturePath(`checkpoints/${name}`), { threads: 1 });

const largest = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length ? a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0) : Infinity;

type Labelled = readonly { readonly item: Pair; readonly result: readonly (readonly [string, number])[] }[];

describe.each(Object.entries(readFixture("classify.json") as Record<string, Labelled>))(
  "classify: %s",
  async (name, cases) => {
    const bert = await open(name);
    afterAll(() => bert[Symbol.asyncDispose]());
    const regression = name === "regression";

    test("all labels, best first, or the value; in a batch and alone", async () => {
      const batch = await bert.classify(cases.map(({ item }) => item));
      for (const [i, { item, result }] of cases.entries()) {
        const [[label, score]] = result;
        const scores = Object.fromEntries(result.map(([each, of]) => [each, near(of)]));
        const expected = regression ? { value: near(score) } : { label, score: near(score), scores };
        expect(batch[i]).toMatchObject(expected);
        expect(await bert.classify(item)).toMatchObject(expected);
        expect(Object.keys(batch[i].scores ?? {})).toEqual(regression ? [] : result.map(([each]) => each));
      }
      const { scores } = await bert.classify(cases[0].item, { top: 1 });
      expect(Object.keys(scores ?? {})).toEqual(regression ? [] : [cases[0].result[0][0]]);
      expect(batch.map(({ truncated }) => truncated ?? false)).toEqual(
        cases.map((_, i) => i === cases.length - 1), // the last one is too long; the one before it just fits
      );
    });
  },
);

type NextCase = Required<Pair> & { readonly isNext: number };

test.each(Object.entries(readFixture("next.json") as Record<string, readonly NextCase[]>))(
  "next: %s",
  async (name, cases) => {
    await using bert = await open(name);
    const results = await bert.next(cases.map(({ text, pair }) => ({ text, pair })));
    for (const [i, { text, pair, isNext }] of cases.entries()) {
      expect(results[i].isNext).toEqual(near(isNext));
      expect((await bert.next({ text, pair })).isNext).toEqual(near(isNext));
    }
    expect(results.map(({ truncated }) => truncated)).toEqual(
      cases.map((_, i) => (i === cases.length - 1 ? true : undefined)),
    );
  },
);

interface ChooseCase {
  readonly context: string;
  readonly question?: string;
  readonly choices: readonly string[];
  readonly scores: readonly number[];
}

test.each(Object.entries(readFixture("choose.json") as Record<string, readonly ChooseCase[]>))(
  "choose: %s",
  async (name, cases) => {
    await using bert = await open(name);
    const results = await bert.choose(cases);
    for (const [i, { scores, ...question }] of cases.entries()) {
      const expected = { choice: scores.indexOf(Math.max(...scores)), scores: scores.map(near) };
      expect(results[i]).toMatchObject(expected);
      expect(await bert.choose(question)).toMatchObject(expected);
    }
    expect(results.at(-1)?.truncated).toBe(true);
  },
);

describe("embed", async () => {
  const { texts, vectors, tokens, similar } = readFixture("embed.json") as {
    readonly texts: readonly string[];
    readonly vectors: readonly { readonly options: EmbedOptions; readonly of: Packed }[];
    readonly tokens: readonly {
      readonly text: string;
      readonly tokens: readonly string[];
      readonly layers: readonly number[];
      readonly of: Packed;
    }[];
    readonly similar: readonly {
      readonly query: string;
      readonly texts: readonly string[];
      readonly ranking: readonly (readonly [number, number])[];
    }[];
  };
  const bert = await open("starter");
  afterAll(() => bert[Symbol.asyncDispose]());

  test.each(vectors.map(({ options, of }) => ({ name: JSON.stringify(options), options, of })))(
    "$name",
    async ({ options, of }) => {
      const expected = unpack(of);
      const [, width] = of.shape;
      const results = await bert.embed(texts, options);
      for (const [i, { embedding, truncated }] of results.entries()) {
        expect(largest(embedding, expected.subarray(i * width, (i + 1) * width)), texts[i]).toBeLessThan(
          1e-4,
        );
        expect(truncated).toBeUndefined();
      }
      const { embedding } = await bert.embed(texts[1], options);
      expect(largest(embedding, expected.subarray(width, 2 * width))).toBeLessThan(1e-4);
    },
  );

  test.each(tokens)(
    "every token's vector of layers $layers",
    async ({ text, tokens: pieces, layers, of }) => {
      const result = await bert.embed([...texts, text], { pooling: "none", layers });
      const { embedding, tokens: found, offsets } = result.at(-1)!;
      expect(found).toEqual(pieces);
      expect(largest(embedding, unpack(of))).toBeLessThan(1e-4);
      expect(offsets).toHaveLength(2 * pieces.length);
    },
  );

  test.each(similar)("texts by their likeness to $query", async ({ query, texts: candidates, ranking }) => {
    const expected = ranking.map(([index, score]) => ({
      index,
      text: candidates[index],
      score: near(score),
    }));
    expect(await bert.similar(query, candidates)).toEqual(expected);
    expect(await bert.similar(query, candidates, { top: 2 })).toEqual(expected.slice(0, 2));
  });
});
