import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tinyModel } from "../testing/index.ts";
import type { Filled } from "./fill-mask.ts";

const bert = tinyModel();
const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error;

/** The probability of every piece at each mask. */
async function distribution(text: string): Promise<Filled> {
  return bert.fill(text, { top: bert.tokenizer.vocabulary.size });
}

describe("each mask for itself", () => {
  test("has its place in the text and its candidates, best first", async () => {
    const text = "the [MASK] of \t[MASK] !";
    const { masks } = await bert.fill(text, { top: 3 });
    expect(masks.map(({ start, end }) => text.slice(start, end))).toEqual(["[MASK]", "[MASK]"]);
    for (const { predictions } of masks) {
      expect(predictions).toHaveLength(3);
      expect(predictions.map(({ score }) => score)).toEqual(
        predictions.map(({ score }) => score).toSorted((a, b) => b - a),
      );
      for (const { token, id } of predictions) expect(bert.tokenizer.vocabulary.piece(id)).toBe(token);
    }
  });

  test("probabilities of the whole vocabulary sum to 1, and the best ones are the same whether chosen in the graph or not", async () => {
    const { masks } = await distribution("a [MASK] film");
    const [{ predictions }] = masks;
    expect(predictions.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
    const [few] = (await bert.fill("a [MASK] film", { top: 32 })).masks;
    expect(few.predictions.map(({ id }) => id)).toEqual(predictions.slice(0, 32).map(({ id }) => id));
    for (const [i, { score }] of few.predictions.entries())
      expect(score).toBeCloseTo(predictions[i].score, 6);
  });

  test("a batch of texts with other numbers of masks gives each what it gets alone", async () => {
    const texts = ["[MASK]", "the [MASK] is [MASK] .", "a [MASK] [MASK] [MASK] film"];
    const { fill } = bert;
    const together = await fill(texts);
    for (const [i, text] of texts.entries()) {
      const alone = await bert.fill(text);
      expect(together[i].masks.map(({ start }) => start)).toEqual(alone.masks.map(({ start }) => start));
      for (const [m, { predictions }] of together[i].masks.entries()) {
        expect(predictions[0].id).toBe(alone.masks[m].predictions[0].id);
        expect(predictions[0].score).toBeCloseTo(alone.masks[m].predictions[0].score, 5);
      }
    }
  });

  test("a text longer than the model is read in windows, and every mask is filled", async () => {
    const text = "the [MASK] of a film ".repeat(40);
    const { masks } = await bert.fill(text);
    expect(masks).toHaveLength(40);
    for (const { start, end, predictions } of masks) {
      expect(text.slice(start, end)).toBe("[MASK]");
      expect(predictions).toHaveLength(5);
    }
  });
});

describe("targets", () => {
  test("get the probabilities that they have in the whole vocabulary", async () => {
    const { masks } = await bert.fill("a [MASK] film", { targets: ["good", "bad", "##a"] });
    const all = await distribution("a [MASK] film");
    for (const { id, score } of masks[0].predictions)
      expect(score).toBeCloseTo(all.masks[0].predictions.find((one) => one.id === id)!.score, 6);
    expect(masks[0].predictions).toHaveLength(3);
  });

  test("of several pieces are refused by name", async () => {
    await expect(bert.fill("a [MASK] film", { targets: ["good", "odd"] })).rejects.toThrow(
      /"odd" is not one piece but 3 \(o ##d ##d\)/,
    );
  });

  test("of several pieces are scored piece by piece where that is asked for", async () => {
    const { masks } = await bert.fill("a [MASK] film", { targets: ["of", "no"], pieces: true });
    const no = masks[0].predictions.find(({ token }) => token === "no")!;
    const first = await bert.fill("a [MASK] [MASK] film", { targets: ["n"] });
    const second = await bert.fill("a n [MASK] film", { targets: ["##o"] });
    expect(no.ids).toHaveLength(2);
    expect(no.score).toBeCloseTo(
      first.masks[0].predictions[0].score * second.masks[0].predictions[0].score,
      6,
    );
  });

  test.each([
    ["that are none", []],
    ["that the vocabulary lacks", ["北"]],
  ])("%s are refused", async (_, targets) => {
    await expect(bert.fill("a [MASK]", { targets })).rejects.toThrow(code("invalid-option"));
  });
});

describe("together", () => {
  test("masks that stand alone get whole words, those that touch get pieces that go on", async () => {
    const { fillings } = await bert.fill("the [MASK][MASK] is un[MASK], [MASK]", { joint: true, top: 4 });
    expect(fillings).toHaveLength(4);
    for (const { tokens, text } of fillings!) {
      expect(tokens.map((token) => token.startsWith("##"))).toEqual([false, true, true, false]);
      expect(text).toBe(`the ${tokens[0]}${tokens[1].slice(2)} is un${tokens[2].slice(2)}, ${tokens[3]}`);
    }
  });

  test("the score is the product of each word's probability, given those before it", async () => {
    const [best] = (await bert.fill("[MASK] film [MASK]", { joint: true, top: 1, beams: 1 })).fillings!;
    const first = await bert.fill("[MASK] film [MASK]", { targets: [best.tokens[0]] });
    const second = await bert.fill(`${best.tokens[0]} film [MASK]`, { targets: [best.tokens[1]] });
    expect(best.score).toBeCloseTo(
      first.masks[0].predictions[0].score * second.masks[0].predictions[0].score,
      6,
    );
  });

  test("more beams never find less", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom("[MASK] [MASK]", "a [MASK] of [MASK][MASK]"),
        fc.integer({ min: 2, max: 8 }),
        async (text, beams) => {
          const score = async (n: number) =>
            (await bert.fill(text, { joint: true, top: 1, beams: n })).fillings![0].score;
          expect(await score(40)).toBeGreaterThanOrEqual((await score(beams)) - 1e-9);
        },
      ),
      { numRuns: 5 },
    ));
});

test.each([
  ["a text without a mask", "a film", {}, "invalid-input"],
  ["[mask] in small letters", "a [mask]", {}, "invalid-input"],
  ["no text", 7 as unknown as string, {}, "invalid-input"],
  ["no candidates", "[MASK]", { top: 0 }, "invalid-option"],
  ["pieces at several masks", "[MASK] [MASK]", { targets: ["no"], pieces: true }, "invalid-input"],
  ["targets that are to be filled together", "[MASK]", { targets: ["a"], joint: true }, "invalid-option"],
])("%s is refused", async (_, text, options, wanted) => {
  await expect(bert.fill(text, options)).rejects.toThrow(code(wanted));
});
