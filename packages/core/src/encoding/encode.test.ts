import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Tokenizer, Vocabulary } from "../tokenizer/index.ts";
import type { TextInput, WindowOptions } from "./encode.ts";
import { charToToken, type Encoding } from "./encoding.ts";
import type { Direction, Truncation } from "./truncation.ts";

const ROOT = new URL("../../../../", import.meta.url);
const tokenizer = new Tokenizer(
  Vocabulary.parse(readFileSync(new URL("packages/starter/model/vocab.txt", ROOT), "utf8")),
);
const { cls, sep } = tokenizer.specials;

// Made by tests/reference/encoding.py with Hugging Face's Rust tokenizers.
interface Expected {
  readonly ids: number[];
  readonly segments: number[];
  readonly words: number[];
  readonly offsets: number[];
  readonly tokens: [a: (number | null)[], b: (number | null)[]];
}
type Row = [text: string, pair: string | null, options: Partial<WindowOptions>, encodings: Expected[]];
const rows = JSON.parse(
  readFileSync(new URL("tests/fixtures/encoding/encodings.json", ROOT), "utf8"),
) as Row[];
const inputOf = ([text, pair]: Row): TextInput => (pair === null ? { text } : { text, pair });

describe("encodings are those of Hugging Face's tokenizers", () => {
  test("ids, segments, offsets, word ids and the token of each character, of texts, pairs and windows", () => {
    expect(rows.length).toBeGreaterThan(200);
    for (const row of rows) {
      const [, , options, expected] = row;
      const input = inputOf(row);
      const ours =
        options.overlap === undefined
          ? [tokenizer.encode(input, options)]
          : tokenizer.encodeWindows(input, { maxLength: 0, ...options });
      const described = ours.map((encoding) => ({
        ids: [...encoding.ids],
        segments: [...encoding.segments],
        words: [...tokenizer.wordIds(encoding)],
        offsets: [...encoding.offsets],
        tokens: [input.text, input.pair ?? ""].map((text, sequence) =>
          Array.from({ length: text.length }, (_, at) => charToToken(encoding, at, sequence) ?? null),
        ),
      }));
      expect(described, JSON.stringify(row.slice(0, 3))).toEqual(expected);
    }
  });
  test("there are windows and left ends among them", () => {
    expect(rows.filter(([, , , encodings]) => encodings.length > 2).length).toBeGreaterThan(20);
    expect(rows.filter(([, , { direction }]) => direction === "left").length).toBeGreaterThan(40);
  });
});

const words = fc.constantFrom(
  "a",
  "warm",
  "unaffable",
  "film",
  ",",
  "don't",
  "中文",
  "é",
  "👍",
  "[MASK]",
  "\u0301",
);
const texts = fc.array(words, { maxLength: 30 }).map((list) => list.join(" "));
const inputs = fc.oneof(
  texts.map((text): TextInput => ({ text })),
  fc.record({ text: texts, pair: texts }),
);
const truncations = fc.constantFrom<Truncation>("longest-first", "only-first", "only-second");
const directions = fc.constantFrom<Direction>("right", "left");
const plain = ({ ids, segments, offsets }: Encoding) => [[...ids], [...segments], [...offsets]];

describe("an encoding", () => {
  test("is never longer than asked, and has its special tokens whatever is cut", () => {
    fc.assert(
      fc.property(
        inputs,
        fc.integer({ min: 3, max: 40 }),
        truncations,
        directions,
        (input, maxLength, truncation, direction) => {
          const options = { maxLength, truncation, direction };
          let encoding;
          try {
            encoding = tokenizer.encode(input, options);
          } catch (error) {
            expect(error).toMatchObject({ code: "invalid-option" });
            expect(truncation).not.toBe("longest-first");
            return;
          }
          const { ids, segments, truncated } = encoding;
          const uncut = tokenizer.encode(input).ids.length;
          expect(ids.length).toBe(Math.min(uncut, maxLength));
          expect(truncated).toBe(uncut > maxLength);
          expect([ids[0], ids[ids.length - 1]]).toEqual([cls, sep]);
          expect(ids.filter((id) => id === sep)).toHaveLength(input.pair === undefined ? 1 : 2);
          expect(segments).toEqual(segments.toSorted());
        },
      ),
    );
  });

  test("is the same by encodePair, in a batch and in the caller's arrays", () => {
    fc.assert(
      fc.property(
        fc.array(inputs, { maxLength: 3 }),
        fc.integer({ min: 3, max: 40 }),
        directions,
        fc.boolean(),
        (list, maxLength, direction, specials) => {
          const options = { maxLength, direction, specials };
          const batch = tokenizer.encodeBatch(list, options);
          const total = batch.reduce((sum, { ids }) => sum + ids.length, 0);
          const arrays = {
            ids: new Int32Array(total),
            segments: new Int32Array(total),
            offsets: new Int32Array(2 * total),
            mask: new Float32Array(total),
          };
          let at = 0;
          for (const [i, input] of list.entries()) {
            const expected = plain(batch[i]);
            expect(plain(tokenizer.encode(input, options))).toEqual(expected);
            if (input.pair !== undefined)
              expect(plain(tokenizer.encodePair(input.text, input.pair, options))).toEqual(expected);
            const end = tokenizer.encodeInto(input, arrays, options, at);
            expect([
              [...arrays.ids.subarray(at, end)],
              [...arrays.segments.subarray(at, end)],
              [...arrays.offsets.subarray(2 * at, 2 * end)],
            ]).toEqual(expected);
            at = end;
          }
          expect(at).toBe(total);
          expect([...new Set(arrays.mask)]).toEqual(total > 0 ? [1] : []);
        },
      ),
    );
  });

  test("of a text alone may be asked for as a text", () => {
    expect(plain(tokenizer.encode("a warm film"))).toEqual(plain(tokenizer.encode({ text: "a warm film" })));
  });
  test("of nothing is [CLS] [SEP]", () => expect([...tokenizer.encode("").ids]).toEqual([cls, sep]));
  test("may have room for its special tokens alone", () =>
    expect([...tokenizer.encode("a film", { maxLength: 2 }).ids]).toEqual([cls, sep]));
});

describe("windows", () => {
  test("hold every token of the long text, in order, each sharing `overlap` with the next, with the other text whole", () => {
    fc.assert(
      fc.property(
        inputs,
        fc.integer({ min: 4, max: 30 }),
        fc.integer({ min: 0, max: 12 }),
        directions,
        fc.boolean(),
        (input, maxLength, overlap, direction, second) => {
          const paired = input.pair !== undefined;
          const long = paired && second ? 1 : 0;
          const truncation = long === 1 ? "only-second" : "only-first";
          const [a, b] = [input.text, input.pair ?? ""].map((text) => tokenizer.tokenize(text));
          const room = maxLength - (paired ? 3 + (long === 1 ? a : b).ids.length : 2);
          const options = { maxLength, overlap, direction, truncation } as const;
          if (overlap >= room) {
            expect(() => tokenizer.encodeWindows(input, options)).toThrow(
              expect.objectContaining({ code: "invalid-option" }),
            );
            return;
          }
          const all = long === 1 ? b : a;
          const other = long === 1 ? a : b;
          let from = 0;
          const list = tokenizer.encodeWindows(input, options);
          for (const [i, { ids, sources, truncated }] of list.entries()) {
            const { first, count } = sources[long];
            expect(first).toBe(i === 0 ? 0 : from - overlap);
            from = first + count;
            expect(ids.length).toBeLessThanOrEqual(maxLength);
            if (list.length > 1 && i > 0 && i < list.length - 1) expect(ids.length).toBe(maxLength);
            const start = long === 1 ? other.ids.length + 2 : 1;
            expect([...ids.subarray(start, start + count)]).toEqual([...all.ids.subarray(first, from)]);
            if (paired) {
              const at = long === 1 ? 1 : count + 2;
              expect([...ids.subarray(at, at + other.ids.length)]).toEqual([...other.ids]);
            }
            expect(truncated).toBe(false);
          }
          expect(from).toBe(all.ids.length);
        },
      ),
    );
  });
  test("share 128 tokens, or half of the room, when not told", () => {
    const text = "a ".repeat(600);
    const shared = (maxLength: number) => {
      const [{ sources: one }, { sources: other }] = tokenizer.encodeWindows(text, { maxLength });
      return one[0].count - other[0].first;
    };
    expect([shared(384), shared(22)]).toEqual([128, 10]);
  });
});

const refused = (run: () => unknown, message: RegExp) =>
  expect(run).toThrow(
    expect.objectContaining({
      code: "invalid-option",
      message: expect.stringMatching(new RegExp(`^[^\n]*${message.source}[^\n]*\\.$`)),
    }),
  );

describe("options that cannot be met are refused in one sentence", () => {
  const pair = { text: "a warm film", pair: "is it" };
  test.each([1, 0, -1, 2.5, Number.NaN])("a length of %d for a text", (maxLength) =>
    refused(() => tokenizer.encode("a", { maxLength }), /whole number from 2/),
  );
  test("a length of 2 for a pair", () =>
    refused(() => tokenizer.encode(pair, { maxLength: 2 }), /whole number from 3/));
  test("only-second without a second", () =>
    refused(() => tokenizer.encode("a", { truncation: "only-second" }), /one of longest-first, only-first/));
  test("a way of cutting that there is not, such as Hugging Face's own name", () => {
    const options = { maxLength: 6, truncation: "only_first" as never };
    refused(() => tokenizer.encode(pair, options), /truncation .* only-second/);
    refused(() => tokenizer.encodeWindows(pair, options), /truncation .* only-second/);
  });
  test("a text that is not to be cut and takes all room", () => {
    refused(
      () => tokenizer.encode(pair, { maxLength: 5, truncation: "only-first" }),
      /second text takes 2 of 2/,
    );
    refused(
      () => tokenizer.encode(pair, { maxLength: 6, truncation: "only-second" }),
      /first text takes 3 of 3/,
    );
  });
  test("windows of both texts", () =>
    refused(
      () => tokenizer.encodeWindows(pair, { maxLength: 9, truncation: "longest-first" }),
      /cut from one text/,
    ));
  test("windows without a step", () =>
    refused(() => tokenizer.encodeWindows("a b", { maxLength: 6, overlap: 4 }), /leaves no step/));
  test("windows without room", () =>
    refused(() => tokenizer.encodeWindows(pair, { maxLength: 6 }), /0 places/));
  test("arrays that are too small, and nothing is written", () => {
    const ids = new Int32Array(9);
    refused(
      () => tokenizer.encodeInto("a film", { ids, segments: new Int32Array(5) }, {}, 2),
      /4 tokens.*room for 3/,
    );
    refused(() => tokenizer.encodeInto("a film", { ids, offsets: new Int32Array(6) }), /room for 3/);
    refused(() => tokenizer.encodeInto("a film", { ids, mask: new Float32Array(1) }), /room for 1/);
    expect([...new Set(ids)]).toEqual([0]);
  });
});

describe("a token's word", () => {
  const encoding = tokenizer.encodePair("unaffable film", "a warm film");
  test("is known one by one", () => {
    expect(Array.from(encoding.ids, (_, i) => tokenizer.tokenToWord(encoding, i))).toEqual(
      Array.from(tokenizer.wordIds(encoding), (word) => (word < 0 ? undefined : word)),
    );
  });
  test("is none outside", () => expect(tokenizer.tokenToWord(encoding, 99)).toBeUndefined());
  test("is known of tokens without special ones too", () =>
    expect([...tokenizer.wordIds(tokenizer.tokenize("unaffable film"))]).toEqual([0, 0, 0, 1]));
});

describe("a character's token", () => {
  const encoding = tokenizer.encodePair("a film", "a warm film");
  test("is sought in the text asked for", () => {
    expect([charToToken(encoding, 2), charToToken(encoding, 2, 1)]).toEqual([2, 5]);
  });
  test("is none in white space, outside, and in a text that is not there", () => {
    expect([charToToken(encoding, 1), charToToken(encoding, 6), charToToken(encoding, 0, 2)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(charToToken(tokenizer.encode("a film"), 0, 1)).toBeUndefined();
  });
});
