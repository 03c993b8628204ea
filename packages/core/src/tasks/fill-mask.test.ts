import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Predictor } from "../predictor.ts";
import type { FloatTensor, Progress, Session } from "../session.ts";
import { tinyModel } from "../testing/index.ts";
import type { Filled, FillOptions } from "./fill-mask.ts";

const bert = tinyModel();
const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error;

/** The probability of every piece at each mask. */
async function distribution(text: string): Promise<Filled> {
  return bert.fill(text, { top: bert.tokenizer.vocabulary.size });
}

/** A model that counts the rows that it runs, and may give something else than it should. */
function watched(change: (outputs: Record<string, FloatTensor>) => void = () => {}) {
  const { tokenizer, config, plugins, session } = bert;
  const seen = { rows: 0 };
  const counting: Session = {
    outputs: session.outputs,
    tokensPerRun: session.tokensPerRun,
    paddedLength: (length) => session.paddedLength(length),
    async run(feeds, outputs, options) {
      seen.rows += feeds.input_ids.dims[0];
      const results = await session.run(feeds, outputs, options);
      change(results);
      return results;
    },
    async [Symbol.asyncDispose]() {},
  };
  return { seen, model: new Predictor({ tokenizer, config, plugins, session: counting }) };
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

  test("are as many as asked for where the table of embeddings is longer than the vocabulary", async () => {
    const vocabularySize = bert.tokenizer.vocabulary.size + 40;
    const longer = tinyModel({ config: { vocabularySize } });
    for (const top of [undefined, 5, 40]) {
      const [{ predictions }] = (await longer.fill("a [MASK] film", { top })).masks;
      expect(predictions.length).toBe(top ?? 5);
    }
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

test("rows of a table that is longer than the vocabulary are no candidates", async () => {
  const { vocabulary } = bert.tokenizer;
  const padded = tinyModel({ config: { vocabularySize: vocabulary.size + 20 } });
  const { masks } = await padded.fill("a [MASK]", { top: vocabulary.size + 20 });
  expect(masks[0].predictions).toHaveLength(vocabulary.size);
});

describe("targets", () => {
  test("are listed once, and as many as were asked for", async () => {
    const targets = ["good", "bad", "good", "film"];
    const [{ predictions }] = (await bert.fill("a [MASK]", { targets })).masks;
    expect(predictions.map(({ token }) => token).toSorted()).toEqual(["bad", "film", "good"]);
    const [best] = (await bert.fill("a [MASK]", { targets, top: 2 })).masks;
    expect(best.predictions).toEqual(predictions.slice(0, 2));
    const [word] = (await bert.fill("a [MASK]", { targets: ["no", "of"], pieces: true, top: 1 })).masks;
    expect(word.predictions).toHaveLength(1);
  });

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

const long = "the [MASK] of a film ".repeat(40); // 200 tokens, in windows of at most 62

describe("how much is run", () => {
  test.each<[string, string, FillOptions, number]>([
    ["one row a window with masks", `${long}${"film ".repeat(200)}`, {}, 6],
    ["together, one more a mask and filling that is kept", "[MASK] [MASK] [MASK]", { joint: true }, 1 + 11],
    [
      "… of which there are fewer where few pieces fit",
      "a[MASK] [MASK]",
      { joint: true, beams: 50 },
      1 + 1 + 26,
    ],
    ["one row a piece of a target", "a [MASK]", { targets: ["no", "of", "odd"], pieces: true }, 6],
  ])("is known before: %s", async (_, text, options, rows) => {
    const refused = watched();
    await expect(refused.model.fill(text, { ...options, maxRows: rows - 1 })).rejects.toThrow(
      `More than ${rows - 1} rows of the model are needed`,
    );
    expect(refused.seen.rows).toBe(0);
    const { model, seen } = watched();
    await model.fill(text, { ...options, maxRows: rows });
    expect(seen.rows).toBe(rows);
  });

  test("is counted over all texts", async () => {
    const { model, seen } = watched();
    const { fill } = model;
    await expect(fill(["[MASK]", "[MASK]"], { maxRows: 1 })).rejects.toThrow(code("invalid-input"));
    await fill(["[MASK]", "[MASK]"], { maxRows: 2 });
    expect(seen.rows).toBe(2);
  });

  test.each<[string, string, FillOptions]>([
    ["for itself", long, {}],
    ["together", "[MASK] [MASK]a[MASK]", { joint: true, top: 3 }],
    ["by pieces", "a [MASK]", { targets: ["no", "odd"], pieces: true }],
  ])("progress never goes back, and ends where all is done: %s", async (_, text, options) => {
    const told: Progress[] = [];
    const { fill } = bert;
    await fill([text, `${text} !`], { ...options, onProgress: (progress) => told.push(progress) });
    const done = told.map((progress) => progress.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(new Set(told.map(({ total }) => total))).toEqual(new Set([done.at(-1)]));
  });

  describe("takes memory in proportion to the text, and a row no more than its window", () => {
    afterEach(() => void vi.unstubAllGlobals());

    test.each<[string, number, (times: number) => string, FillOptions]>([
      ["for itself", 5, (times) => "a film of [MASK] ".repeat(times), {}],
      ["together", 5, (times) => "a film of [MASK] ".repeat(times), { joint: true, top: 1, beams: 2 }],
      [
        "by pieces",
        2,
        (times) => `[MASK] ${"film ".repeat(4 * times)}`,
        { targets: ["unhappy"], pieces: true },
      ],
    ])("%s", async (_, most, textOf, options) => {
      bert.tokenizer.count(textOf(200)); // its own buffers have grown
      const few = await numbersMade(() => bert.fill(textOf(50), options));
      const many = await numbersMade(() => bert.fill(textOf(200), options));
      expect(many / few).toBeLessThan(most);
    });
  });
});

/** How many numbers are put into new arrays of whole numbers. */
async function numbersMade(work: () => Promise<unknown>): Promise<number> {
  let made = 0;
  class Counted extends Int32Array {
    constructor(...given: [number]) {
      super(...given);
      if (this.byteLength === this.buffer.byteLength) made += this.length; // no view
    }
  }
  vi.stubGlobal("Int32Array", Counted);
  await work();
  return made;
}

const word = (id: number) => (outputs: Record<string, FloatTensor>) =>
  outputs["masked-lm.ids"].data.set([id], 2);
const narrow = (outputs: Record<string, FloatTensor>) => {
  const { dims, data } = outputs["masked-lm"];
  outputs["masked-lm"] = {
    type: "float32",
    dims: [dims[0], dims[1], 7],
    data: data.slice(0, dims[0] * dims[1] * 7),
  };
};

describe("a server with another model is found out", () => {
  test.each<[string, (outputs: Record<string, FloatTensor>) => void, FillOptions]>([
    ["a piece below the first", word(-1), {}],
    ["a piece beyond the last", word(1e6), {}],
    ["half a piece", word(0.5), {}],
    ["no piece", word(NaN), {}],
    ["another vocabulary's logits", narrow, { top: 60 }],
    ["another vocabulary's logits for targets", narrow, { targets: ["film"] }],
  ])("%s", async (_, change, options) => {
    await expect(watched(change).model.fill("a [MASK]", options)).rejects.toThrow(code("server-error"));
  });
});

test("no beams are refused before anything runs", async () => {
  const { model, seen } = watched();
  await expect(model.fill("a [MASK]", { joint: true, beams: 0 })).rejects.toThrow(code("invalid-option"));
  expect(seen.rows).toBe(0);
});

test.each([
  ["a text without a mask", "a film", {}, "invalid-input"],
  ["[mask] in small letters", "a [mask]", {}, "invalid-input"],
  ["no text", 7 as unknown as string, {}, "invalid-input"],
  ["no candidates", "[MASK]", { top: 0 }, "invalid-option"],
  ["pieces at several masks", "[MASK] [MASK]", { targets: ["no"], pieces: true }, "invalid-input"],
  ["targets that are no list", "[MASK]", { targets: "film" as never }, "invalid-option"],
  ["targets that are to be filled together", "[MASK]", { targets: ["a"], joint: true }, "invalid-option"],
])("%s is refused", async (_, text, options, wanted) => {
  await expect(bert.fill(text, options)).rejects.toThrow(code(wanted));
});
