/**
 * Masks are filled as `transformers` fills them: the same pieces with the same probabilities, for one mask and many,
 * for targets of one piece and of several, and jointly; and a mask in a long text as in the window it is read in.
 */
import { load } from "@cloze/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { fixturePath, readFixture, unpack } from "../reference/fixtures.ts";
import type { Packed } from "../reference/fixtures.ts";
import { starter } from "../starter.ts";
import { near } from "./near.ts";

interface FillCase {
  readonly name: string;
  readonly text: string;
  readonly masks: readonly {
    readonly start: number;
    readonly end: number;
    readonly ids: readonly number[];
    readonly logits: Packed;
    readonly probabilities: Packed;
    readonly total: number;
  }[];
  readonly targets?: Readonly<Record<string, readonly number[]>>;
  readonly joint?: readonly {
    readonly ids: readonly number[];
    readonly text: string;
    readonly score: number;
  }[];
}

const models = Object.entries(readFixture("fill.json") as Record<string, readonly FillCase[]>);

describe.each(models)("%s", async (name, cases) => {
  const bert = await load(name === "starter" ? starter : fixturePath(`checkpoints/${name}`), { threads: 1 });
  afterAll(() => bert[Symbol.asyncDispose]());
  const { vocabulary } = bert.tokenizer;

  test("the 20 best pieces of every mask of texts of all lengths, one batch", async () => {
    const filled = await bert.fill(
      cases.map(({ text }) => text),
      { top: 20 },
    );
    for (const [i, { text, masks }] of cases.entries()) {
      expect(filled[i].masks).toEqual(
        masks.map(({ start, end, ids, logits, probabilities, total }) => {
          expect(text.slice(start, end)).toBe("[MASK]");
          const [scores, expected] = [unpack(logits), unpack(probabilities)];
          return {
            start,
            end,
            predictions: ids.map((id, n) => {
              expect(Math.exp(scores[n] - total)).toBeCloseTo(expected[n], 6); // the fixture agrees with itself
              return { token: vocabulary.piece(id), id, score: near(expected[n]) };
            }),
          };
        }),
      );
    }
  });

  test("one text alone as in a batch, and more pieces than the graph chooses from", async () => {
    const texts = cases.map((each) => each.text);
    const [text] = texts;
    const { masks } = await bert.fill(text, { top: 60 });
    const [batch] = await bert.fill(texts, { top: 20 });
    for (const [m, { predictions }] of masks.entries()) {
      expect(predictions).toHaveLength(60);
      expect(predictions.map(({ id }) => id).slice(0, 20)).toEqual(
        batch.masks[m].predictions.map(({ id }) => id),
      );
      expect(predictions.map(({ score }) => score)).toEqual(
        predictions.map(({ score }) => score).toSorted((a, b) => b - a),
      );
    }
  });

  test.each(cases.filter(({ targets }) => targets))(
    "$name: targets have their share of the whole vocabulary",
    async ({ text, targets = {} }) => {
      const { masks } = await bert.fill(text, { targets: Object.keys(targets), pieces: true });
      for (const [m, { predictions }] of masks.entries()) {
        const expected = Object.entries(targets).sort(([, a], [, b]) => b[m] - a[m]);
        expect(predictions.map(({ token }) => token)).toEqual(expected.map(([target]) => target));
        for (const [n, { score }] of predictions.entries())
          expect(Math.abs(Math.log(score / expected[n][1][m])), expected[n][0]).toBeLessThan(5e-4); // of four pieces
      }
    },
  );

  test.each(cases.filter(({ joint }) => joint))("$name: jointly", async ({ text, joint = [] }) => {
    const { fillings = [] } = await bert.fill(text, { joint: true });
    expect(fillings.map(({ tokens, text: filled }) => [...tokens, filled])).toEqual(
      joint.map(({ ids, text: filled }) => [...ids.map((id) => vocabulary.piece(id)), filled]),
    );
    for (const [n, { score }] of fillings.entries()) expect(Math.log(score)).toBeCloseTo(joint[n].score, 3);
  });
});

describe("a text over the model's length", async () => {
  const bert = await load(starter, { threads: 1 });
  afterAll(() => bert[Symbol.asyncDispose]());
  const { texts } = readFixture("embed.json") as { readonly texts: readonly string[] };
  const prose = texts.at(-1)!;
  const words = prose.repeat(7).trim().split(" ");
  const masked = (every: number) => words.map((word, i) => (i % every === 7 ? "[MASK]" : word)).join(" ");
  const text = masked(31); // some 1,200 tokens
  const { ids, offsets } = bert.tokenizer.tokenize(text);
  const room = bert.config.maxPositions - 2;

  test("every mask is filled as in the window of whole words in which it has the most context", async () => {
    const { masks } = await bert.fill(text, { overlap: 100 });
    const windows = cut(100);
    expect(windows).toHaveLength(3);
    const places = [...ids.keys()].filter((at) => ids[at] === bert.tokenizer.specials.mask);
    expect(masks.map(({ start }) => start)).toEqual(places.map((at) => offsets[2 * at]));
    const filled = await bert.fill(
      windows.map(([first, end]) => text.slice(offsets[2 * first], offsets[2 * end - 1])),
    );
    for (const [m, at] of places.entries()) {
      const context = windows.map(([first, end]) =>
        at < first || at >= end ? -Infinity : Math.min(at - first, end - 1 - at) + 0.01 * (end - first),
      );
      const best = context.indexOf(Math.max(...context));
      const start = masks[m].start - offsets[2 * windows[best][0]];
      const inside = filled[best].masks.find((mask) => mask.start === start)!;
      expect(masks[m].predictions.map(({ id }) => id)).toEqual(inside.predictions.map(({ id }) => id));
      for (const [n, { score }] of masks[m].predictions.entries())
        expect(score).toBeCloseTo(inside.predictions[n].score, 4);
    }
  });

  test("and jointly, each with the ones before it in their places", async () => {
    const sparse = masked(250);
    const { fillings = [] } = await bert.fill(sparse, { joint: true, top: 1, beams: 1 });
    const [{ tokens, text: filled }] = fillings;
    expect(tokens).toHaveLength(sparse.split("[MASK]").length - 1);
    expect(filled).toBe(tokens.reduce((rest, token) => rest.replace("[MASK]", token), sparse));
    expect(tokens.filter((token) => token.startsWith("##"))).toEqual([]);
  });

  /** [first, end) of windows that begin and end at words. */
  function cut(overlap: number): [number, number][] {
    const wordIds = bert.tokenizer.wordIds(bert.tokenizer.tokenize(text));
    const begins = (at: number) => at === ids.length || at === 0 || wordIds[at] !== wordIds[at - 1];
    const lastBorder = (at: number): number => (begins(at) ? at : lastBorder(at - 1));
    const windows: [number, number][] = [];
    for (let first = 0; ;) {
      const end = lastBorder(Math.min(first + room, ids.length));
      windows.push([first, end]);
      if (end === ids.length) return windows;
      first = lastBorder(end - overlap);
    }
  }
});
