import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Feeds, Tokenizer, Vocabulary } from "@cloze/core";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../random.ts";
import type { Batch, Json } from "../train-step.ts";
import { PretrainingData, type PretrainingOptions } from "./pretraining-data.ts";
import type { TokenStore } from "./token-store.ts";
import { writeTokenStore } from "./token-store-writer.ts";

// A word says which document it is from: w7 is of the seventh.
const DOCUMENTS = 600;
const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const tokenizer = new Tokenizer(
  Vocabulary.of([...SPECIALS, ".", ...Array.from({ length: DOCUMENTS }, (_, nth) => `w${nth}`)]),
);
const { pad, cls, sep } = tokenizer.specials;
let folder = "";
let store: TokenStore;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "cloze-pretraining-"));
  const random = new Random(1);
  const text = Array.from({ length: DOCUMENTS }, (_, document) =>
    Array.from({ length: 1 + random.below(12) }, () => `w${document} `.repeat(1 + random.below(9))).join(
      "\n",
    ),
  );
  const file = path.join(folder, "corpus.txt");
  writeFileSync(file, text.join("\n\n"));
  store = await writeTokenStore([file], tokenizer, path.join(folder, "corpus.tokens"));
});
afterAll(() => {
  store[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function make(options: Partial<PretrainingOptions> = {}): PretrainingData {
  return new PretrainingData({ store, tokenizer, seed: 1, length: 32, batch: 8, ...options });
}

function numbers(feeds: Feeds, name: string): number[] {
  return Array.from(feeds[name].data);
}

/** The rows of a batch, each without what follows its last [SEP]. */
function rowsOf({ feeds }: Batch): { ids: number[]; length: number }[] {
  return feeds.flatMap((micro) => {
    const [batch, length] = micro.input_ids.dims;
    return Array.from({ length: batch }, (_, row) => {
      const part = (name: string): number[] => numbers(micro, name).slice(row * length, (row + 1) * length);
      const real = part("attention_mask").reduce((count, one) => count + one, 0);
      const ids = part("input_ids");
      expect(ids.slice(real).every((id) => id === pad)).toBe(true);
      expect(
        part("attention_mask")
          .slice(real)
          .every((one) => one === 0),
      ).toBe(true);
      return { ids: ids.slice(0, real), length };
    });
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

test("a batch is what the model and its heads read, padded in eights", async () => {
  const { feeds, tokens } = await make().next();
  expect(feeds).toHaveLength(1);
  const [micro] = feeds;
  const [batch, length] = micro.input_ids.dims;
  expect(batch).toBe(8);
  expect(length % 8).toBe(0);
  const [, masks] = micro.masked_positions.dims;
  const shapes = Object.entries(micro).map(([name, { type, dims }]) => [name, type, dims]);
  expect(shapes).toEqual([
    ["input_ids", "int32", [8, length]],
    ["token_type_ids", "int32", [8, length]],
    ["attention_mask", "float32", [8, length]],
    ["masked_positions", "int32", [8, masks]],
    ["masked-lm.labels", "int32", [8, masks]],
    ["masked-lm.weights", "float32", [8, masks]],
    ["next-sentence.labels", "int32", [8]],
    ["next-sentence.weights", "float32", [8]],
  ]);
  expect(sum(numbers(micro, "attention_mask"))).toBe(tokens);
});

test("types are 0 up to the first [SEP] and 1 up to the last; labels fit what is not masked", async () => {
  const data = make();
  for (let nth = 0; nth < 20; nth++) {
    const { feeds } = await data.next();
    for (const micro of feeds) {
      const [batch, length] = micro.input_ids.dims;
      const width = micro.masked_positions.dims[1];
      const get = (name: string): number[] => numbers(micro, name);
      for (let row = 0; row < batch; row++) {
        const ids = get("input_ids").slice(row * length, (row + 1) * length);
        const from = row * width;
        for (let mask = from; mask < from + width; mask++) {
          if (get("masked-lm.weights")[mask] > 0)
            ids[get("masked_positions")[mask]] = get("masked-lm.labels")[mask];
          else expect([get("masked_positions")[mask], get("masked-lm.labels")[mask]]).toEqual([0, 0]);
        }
        const [middle, end] = ids.flatMap((id, at) => (id === sep ? [at] : []));
        const types = get("token_type_ids").slice(row * length, (row + 1) * length);
        expect(types).toEqual(ids.map((_, at) => (at > middle && at <= end ? 1 : 0)));
        const next = ids[1] === ids[middle + 1] ? 0 : 1;
        expect(get("next-sentence.labels")[row]).toBe(next);
      }
    }
  }
});

test.each(["mlm+nsp", "mlm", "ltr"] as const)(
  "weights sum to 1 over all micro-batches of %s",
  async (objective) => {
    const { feeds } = await make({ objective, microTokens: 64 }).next();
    expect(feeds.length).toBeGreaterThan(2);
    expect(sum(feeds.flatMap((micro) => numbers(micro, "masked-lm.weights")))).toBeCloseTo(1, 5);
    const weights = feeds
      .flatMap((micro) => Object.entries(micro))
      .filter(([name]) => name === "next-sentence.weights");
    if (objective === "mlm+nsp") expect(sum(weights.flatMap(([, { data }]) => [...data]))).toBeCloseTo(1, 5);
    else expect(weights).toEqual([]);
  },
);

test("a micro-batch has no more tokens than told, and all together the same rows", async () => {
  const whole = await make({ batch: 16 }).next();
  const parts = await make({ batch: 16, microTokens: 96 }).next();
  for (const { input_ids } of parts.feeds) expect(input_ids.data.length).toBeLessThanOrEqual(96);
  expect(rowsOf(parts).map(({ ids }) => ids)).toEqual(rowsOf(whole).map(({ ids }) => ids));
  expect(parts.tokens).toBe(whole.tokens);
});

test("padded in full, shapes are always the same", async () => {
  const data = make({ pad: "full", length: 30, maxPredictions: 4 });
  for (let nth = 0; nth < 5; nth++) {
    const { feeds } = await data.next();
    expect(feeds.map((micro) => [micro.input_ids.dims, micro.masked_positions.dims])).toEqual([
      [
        [8, 30],
        [8, 4],
      ],
    ]);
  }
});

test("left to right, every token but the last has the next one for its label", async () => {
  const { feeds } = await make({ objective: "ltr" }).next();
  const [micro] = feeds;
  const length = micro.input_ids.dims[1];
  const width = micro.masked_positions.dims[1];
  for (const [row, { ids }] of rowsOf({ feeds, tokens: 0 }).entries()) {
    const places = numbers(micro, "masked_positions").slice(row * width, row * width + ids.length - 1);
    expect(places).toEqual(ids.slice(1).map((_, at) => at));
    const labels = numbers(micro, "masked-lm.labels").slice(row * width, row * width + ids.length - 1);
    expect(labels).toEqual(ids.slice(1));
    expect(ids[0]).toBe(cls);
  }
  expect(length).toBeGreaterThanOrEqual(width);
});

test("an epoch of segments has each token of the corpus once, and each epoch its own order and masks", async () => {
  const data = make({ objective: "ltr", batch: 1 });
  const epochs: string[][] = [[], []];
  const counts = [new Float64Array(tokenizer.vocabulary.size), new Float64Array(tokenizer.vocabulary.size)];
  while (data.epoch < 2) {
    const epoch = Math.floor(data.epoch);
    const [{ ids }] = rowsOf(await data.next());
    epochs[epoch].push(ids.join(" "));
    for (const id of ids.slice(1, -1)) counts[epoch][id]++;
  }
  for (const count of counts) expect([...count]).toEqual([...store.counts]);
  expect(epochs[0]).not.toEqual(epochs[1]);
  const masked = make({ objective: "mlm", shortProbability: 0 });
  const rowsAt = async (epoch: number): Promise<Set<string>> => {
    await masked.seek({ epoch, window: 0, example: 0 });
    const rows = new Set<string>();
    while (masked.epoch < epoch + 1)
      for (const { ids } of rowsOf(await masked.next())) rows.add(ids.join(" "));
    return rows;
  };
  // The segments are the same: only their masks can tell them apart.
  const [one, other] = [await rowsAt(0), await rowsAt(1)];
  const same = [...one].filter((row) => other.has(row)).length;
  expect(same).toBeLessThan(one.size / 2);
});

test("a batch is not one document", async () => {
  const data = make({ objective: "ltr", batch: 16 });
  for (let nth = 0; nth < 10; nth++) {
    const documents = new Set(rowsOf(await data.next()).map(({ ids }) => ids[1]));
    expect(documents.size).toBeGreaterThan(8);
  }
});

test("from any position, a new source goes on byte for byte", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.maxSafeInteger(),
        objective: fc.constantFrom("mlm+nsp", "mlm", "ltr"),
        batch: fc.integer({ min: 1, max: 700 }),
        microTokens: fc.constantFrom(100, 1000, undefined),
      }),
      fc.nat(8),
      async (options, steps) => {
        const data = make(options);
        for (let nth = 0; nth < steps; nth++) await data.next();
        const position = JSON.parse(JSON.stringify(data.position())) as Json;
        const other = make(options);
        await other.seek(position);
        expect(other.epoch).toBe(data.epoch);
        for (let nth = 0; nth < 3; nth++) expect(await other.next()).toEqual(await data.next());
      },
    ),
    { numRuns: 25 },
  );
});

test("another seed gives other batches", async () => {
  expect(await make({ seed: 2 }).next()).not.toEqual(await make().next());
});

test("a position that is not there is refused", async () => {
  for (const position of [
    null,
    7,
    { epoch: 0, window: 0 },
    { epoch: 0, window: 99, example: 0 },
    { epoch: 0, window: 0, example: 1e9 },
    { epoch: -1, window: 0, example: 0 },
  ])
    await expect(make().seek(position)).rejects.toMatchObject({ code: "invalid-input" });
});

test("numbers out of range, another tokenizer, and pairs of a single sentence are refused", async () => {
  const fields = { length: 4, batch: 0, maxPredictions: 0, microTokens: 0, shortProbability: 2, seed: 0.5 };
  for (const [field, value] of Object.entries(fields))
    expect(() => make({ [field]: value })).toThrow(new RegExp(field));
  expect(() => make({ tokenizer: new Tokenizer(Vocabulary.of(SPECIALS)) })).toThrow(/another tokenizer/);
  const file = path.join(folder, "short.txt");
  writeFileSync(file, "w1 w2.");
  using short = await writeTokenStore([file], tokenizer, path.join(folder, "short.tokens"));
  expect(() => make({ store: short })).toThrow(/one sentence/);
  expect((await make({ store: short, objective: "mlm", batch: 2 }).next()).tokens).toBe(10);
});
