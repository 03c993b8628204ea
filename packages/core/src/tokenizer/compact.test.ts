import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packTokenizer } from "./compact.ts";
import { Tokenizer, Vocabulary } from "./index.ts";
import { python } from "./python.ts";

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const starter = new URL("../../../starter/model/vocab.txt", import.meta.url);
const vocabulary = Vocabulary.parse(readFileSync(starter, "utf8"));
const tokenizer = new Tokenizer(vocabulary);
const packed = packTokenizer(tokenizer);

const refused = (bytes: Uint8Array, message: RegExp): void =>
  expect(() => Tokenizer.fromCompact(bytes)).toThrow(
    expect.objectContaining({ code: "invalid-model", message: expect.stringMatching(message) }),
  );
/** A copy with one 32-bit number changed. */
const changed = (word: number, change: (number: number) => number): Uint8Array => {
  const words = new Uint32Array(packed.slice().buffer);
  words[word] = change(words[word]);
  return new Uint8Array(words.buffer);
};

describe("the compact form", () => {
  test("gives the tokenizer that was packed", () => {
    const read = Tokenizer.fromCompact(packed);
    expect(read.vocabulary.pieces).toEqual(vocabulary.pieces);
    expect(read.settings).toEqual(tokenizer.settings);
    expect(read.specials).toEqual(tokenizer.specials);
    const text = "The unaffable Straßenbahn, 中文 🙂 [MASK]!";
    expect(read.tokenize(text)).toEqual(tokenizer.tokenize(text));
    expect(read.decode(read.tokenize(text).ids)).toBe(tokenizer.decode(tokenizer.tokenize(text).ids));
  });

  test("reads as another implementation does, as the files would", () => {
    const read = Tokenizer.fromCompact(packed, { compat: python });
    const text = `[MASK] ${"a".repeat(150)}`;
    expect(read.settings).toEqual(new Tokenizer(vocabulary, { compat: python }).settings);
    expect(read.count(text)).toBe(new Tokenizer(vocabulary, { compat: python }).count(text));
  });

  test("of any vocabulary and settings gives the same tokens", () => {
    const letters = fc.string({
      unit: fc.constantFrom(...Array.from("aB𝒳é中\ud800")),
      minLength: 1,
      maxLength: 5,
    });
    const pieces = fc.uniqueArray(
      fc.tuple(fc.constantFrom("", "##"), letters).map((parts) => parts.join("")),
      { minLength: 1, maxLength: 40 },
    );
    const texts = fc.string({ unit: fc.constantFrom(...Array.from("aB𝒳é中d [MASK]🙂")), maxLength: 40 });
    fc.assert(
      fc.property(
        pieces,
        fc.boolean(),
        fc.integer({ min: 1, max: 20 }),
        texts,
        (list, lowercase, maxWordLength, text) => {
          const added = { content: "🙂 d", id: SPECIALS.length + list.length };
          const given = new Tokenizer(Vocabulary.of([...SPECIALS, ...list]), {
            lowercase,
            maxWordLength,
            addedTokens: [added, { content: "[MASK]", id: 4, special: true }],
          });
          const read = Tokenizer.fromCompact(packTokenizer(given));
          expect(read.tokenize(text)).toEqual(given.tokenize(text));
          expect(read.vocabulary.pieces).toEqual(given.vocabulary.pieces);
          for (const piece of read.vocabulary.pieces)
            expect(read.vocabulary.id(piece)).toBe(given.vocabulary.id(piece));
        },
      ),
    );
  });

  test("may be told other settings", () =>
    expect(Tokenizer.fromCompact(packed, { lowercase: false }).settings.lowercase).toBe(false));

  test("is the same bytes for the same tokenizer, also when packed again from them", () => {
    expect(packTokenizer(new Tokenizer(vocabulary))).toEqual(packed);
    expect(packTokenizer(Tokenizer.fromCompact(packed))).toEqual(packed);
  });

  test("is used where it lies, and copied if it lies across numbers", () => {
    const { trie } = Tokenizer.fromCompact(packed).vocabulary;
    expect(trie.steps.buffer).toBe(packed.buffer);
    const shifted = Buffer.alloc(packed.length + 1); // whose slice() does not copy
    shifted.set(packed, 1);
    expect(Tokenizer.fromCompact(shifted.subarray(1)).tokenize("unaffable")).toEqual(
      tokenizer.tokenize("unaffable"),
    );
  });

  test("has the hash of its vocabulary", () => {
    expect(vocabulary.hash).toMatch(/^[0-9a-f]{16}$/);
    expect(Tokenizer.fromCompact(packed).vocabulary.hash).toBe(vocabulary.hash);
    expect(Vocabulary.of(["ab", "c"]).hash).not.toBe(Vocabulary.of(["a", "bc"]).hash);
    expect(Vocabulary.of(["a", "b"]).hash).not.toBe(Vocabulary.of(["b", "a"]).hash);
  });

  test("that is not whole is refused", () => {
    for (const length of [0, 3, 4, 40, 1000, packed.length - 4, packed.length - 1])
      refused(packed.slice(0, length), length < 4 ? /is no packed tokenizer/ : /damaged or not whole/);
    const longer = new Uint8Array(packed.length + 4);
    longer.set(packed);
    refused(longer, /damaged or not whole/);
  });

  test("with any bit changed is refused", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 * packed.length - 1 }), (bit) => {
        const bytes = packed.slice();
        bytes[bit >> 3] ^= 1 << (bit & 7);
        refused(bytes, /^The compact tokenizer .*: pack the vocabulary again\.$/);
      }),
      { numRuns: 50 },
    );
  });

  test("of the other order of bytes, of another version or of nothing like it is refused, and says so", () => {
    refused(packed.slice().reverse(), /is no packed tokenizer/);
    refused(new Uint8Array(64), /is no packed tokenizer/);
    const swapped = packed.slice();
    for (let at = 0; at < swapped.length; at += 4) swapped.subarray(at, at + 4).reverse();
    refused(swapped, /other order of bytes/);
    refused(
      changed(1, (version) => version + 1),
      /another version/,
    );
  });

  test("cannot hold a tokenizer that reads by code of its own", () =>
    expect(() => packTokenizer(new Tokenizer(vocabulary, { compat: python }))).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    ));
});
