import fc from "fast-check";
import { expect, test } from "vitest";
import type { NormalizerSettings } from "./normalize.ts";
import { Tokenizer } from "./tokenizer.ts";
import { Vocabulary } from "./vocabulary.ts";
import { WordSplitter } from "./words.ts";

const uncased = { lowercase: true, stripAccents: true, handleChineseChars: true, cleanText: true };
const cased = { ...uncased, lowercase: false, stripAccents: false };

function splitBy(settings: NormalizerSettings, longest: number): (text: string) => string[] {
  let words: string[] = [];
  const splitter = new WordSplitter(settings, longest, (units, length) =>
    words.push(String.fromCharCode(...units.subarray(0, length))),
  );
  return (text) => {
    words = [];
    splitter.split(text);
    return words;
  };
}

const split = (text: string, settings = uncased, longest = 100): string[] => splitBy(settings, longest)(text);

test("words are lower-cased, without accents, and punctuation and Chinese characters stand alone", () => {
  expect(split("Déjà vu,\r\n中文 don't")).toEqual(["deja", "vu", ",", "中", "文", "don", "'", "t"]);
});

test("a character that becomes one of two units is the same each time", () => {
  const settings = { ...uncased, handleChineseChars: false };
  expect(split("\ufa6c \ufa6c a\ufa6c", settings)).toEqual(["𤋮", "𤋮", "a𤋮"]);
});

test("cased words keep case and accents", () => {
  expect(split("Déjà Vu", cased)).toEqual(["Déjà", "Vu"]);
});

test("a word over the longest is left out, however many units its characters take", () => {
  expect(split("abcd abcde 𝐱𝐱𝐱𝐱 𝐱𝐱𝐱𝐱𝐱 x", uncased, 4)).toEqual(["abcd", "𝐱𝐱𝐱𝐱", "x"]);
});

test("marks that change places with their neighbours do so within a line", () => {
  expect(split("a\u302E\u05B0\u302A b\n\u302Ec d")).toEqual(["a\u302E", "b", "\u302Ec", "d"]);
});

test("a text has the tokens of its words", () => {
  const pieces = [
    "a",
    "b",
    "e",
    "i",
    "s",
    "ss",
    "я",
    "中",
    "각",
    "ᄀ",
    "ᅡ",
    "ᆨ",
    "𝐱",
    "𐐨",
    "!",
    "\u302E",
    "\u{16FF0}",
  ];
  const specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
  const vocabulary = Vocabulary.of([...specials, ...pieces, ...pieces.map((piece) => `##${piece}`)]);
  const character = fc.constantFrom(
    ...Array.from(
      "abAéÉİßẞя中각𝐱𐐀! \n\t\u00AD\u200B\u0301\u0323\u302E\u302A\u{16FF0}\u{1D16D}\uFFFD\u2028☃\uD800",
    ),
  );
  for (const settings of [uncased, cased]) {
    const tokenizer = new Tokenizer(vocabulary, { ...settings, maxWordLength: 8 });
    const words = splitBy(settings, 8);
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 40 }), (text) => {
        const ofWords = words(text).flatMap((word) => [...tokenizer.tokenize(word).ids]);
        // A word that is too long is one unknown token to the tokenizer and nothing here; so are unknown characters.
        const known = (ids: Iterable<number>): number[] =>
          [...ids].filter((id) => id !== tokenizer.specials.unk);
        expect(known(ofWords)).toEqual(known(tokenizer.tokenize(text).ids));
      }),
      { numRuns: 2000 },
    );
  }
});
