import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AddedToken, Tokenizer, type TokenizerSettings, Vocabulary } from "./index.ts";

const PIECES = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "un",
  "##aff",
  "##able",
  "a",
  "##a",
  "b",
  "##b",
  "!",
  "cafe",
  "日",
  "ᄒ",
  "##ᅡ",
  "##ᆫ",
  "x",
  "##x",
  "[",
  "]",
  "mask",
];
const vocabulary = Vocabulary.of(PIECES);
const uncased = new Tokenizer(vocabulary);

/** Pieces with the text that each is said to come from. */
function read(text: string, tokenizer = uncased): string[] {
  const { ids, offsets } = tokenizer.tokenize(text);
  return Array.from(
    ids,
    (id, nth) => `${tokenizer.vocabulary.piece(id)}<${text.slice(offsets[2 * nth], offsets[2 * nth + 1])}>`,
  );
}

const made = (settings: TokenizerSettings) => new Tokenizer(vocabulary, settings);

const added = (token: Partial<AddedToken>) =>
  made({
    addedTokens: [
      { content: "ab", id: 23, ...token },
      { content: "abb", id: 24, normalized: false },
    ],
  });
const plain = ({ ids, offsets }: { ids: Int32Array; offsets: Int32Array }, shift = 0) =>
  Array.from(ids, (id, nth) => [id, offsets[2 * nth] + shift, offsets[2 * nth + 1] + shift]);

const words = (capital: string) => Array.from({ length: 2000 }, (_, nth) => `${capital}w${nth}`);
const warningsOf = (pieces: string[], lowercase: boolean) =>
  new Tokenizer(Vocabulary.of([...PIECES, ...pieces]), { lowercase }).warnings;

describe("words", () => {
  test("are split longest match first", () =>
    expect(read("Unaffable!")).toEqual(["un<Un>", "##aff<aff>", "##able<able>", "!<!>"]));
  test("without pieces are one [UNK]", () => expect(read("unz a")).toEqual(["[UNK]<unz>", "a<a>"]));
  test("of 100 characters are split", () => expect(read("x".repeat(100))).toHaveLength(100));
  test("over 100 characters are one [UNK]", () => {
    const word = "x".repeat(101);
    expect(read(`a ${word} a`)).toEqual(["a<a>", `[UNK]<${word}>`, "a<a>"]);
  });
  test("are counted after normalisation: accents do not make a word long", () =>
    expect(read("x\u0301".repeat(100))).toHaveLength(100));
  test("may be given another longest length", () =>
    expect(read("ab abab", made({ maxWordLength: 3 }))).toEqual(["a<a>", "##b<b>", "[UNK]<abab>"]));
  test("may not be given an impossible longest length", () => {
    for (const maxWordLength of [0, 1.5, Number.NaN, 1e9])
      expect(() => made({ maxWordLength })).toThrow(expect.objectContaining({ code: "invalid-option" }));
  });
  test("of more than 16 characters are read like shorter ones", () => {
    for (let length = 1; length < 40; length++)
      expect(read(`${"ab".repeat(length)}!`)).toEqual([
        "a<a>",
        ...Array.from({ length: length - 1 }, () => ["##b<b>", "##a<a>"]).flat(),
        "##b<b>",
        "!<!>",
      ]);
  });
});

describe("characters", () => {
  test("lose their accents but keep their place", () =>
    expect(read("Café cafe\u0301")).toEqual(["cafe<Café>", "cafe<cafe>"]));
  test("keep accents when told", () =>
    expect(read("café", made({ stripAccents: false }))).toEqual(["[UNK]<café>"]));
  test("keep case when told", () =>
    expect(read("A a", made({ lowercase: false }))).toEqual(["[UNK]<A>", "a<a>"]));
  test("of Chinese are words", () => expect(read("a日b")).toEqual(["a<a>", "日<日>", "b<b>"]));
  test("of Chinese stay in words when told", () =>
    expect(read("a日b", made({ handleChineseChars: false }))).toEqual(["[UNK]<a日b>"]));
  test("of Hangul fall into letters, all from one syllable", () =>
    expect(read("한")).toEqual(["ᄒ<한>", "##ᅡ<한>", "##ᆫ<한>"]));
  test("without width vanish inside a word", () =>
    expect(read("a\u200bb\ufeff")).toEqual(["a<a>", "##b<b>"]));
  test("without width stay when told", () =>
    expect(read("a\u200bb", made({ cleanText: false }))).toEqual(["[UNK]<a\u200bb>"]));
  test("of no script at all are nothing", () => expect(read(" \u0000\t\r\n\u3000\ud800\u0301 ")).toEqual([]));
  test("outside the BMP count two units", () => expect(read("😀a a")).toEqual(["[UNK]<😀a>", "a<a>"]));
});

describe("added tokens", () => {
  test("are found as they stand, inside words too", () =>
    expect(read("a[MASK]b")).toEqual(["a<a>", "[MASK]<[MASK]>", "b<b>"]));
  test("in another case are text", () => expect(read("[mask]")).toEqual(["[<[>", "mask<mask>", "]<]>"]));

  test("take the place of the longest", () =>
    expect(read("abba", added({ normalized: false }))).toEqual(["abb<abb>", "a<a>"]));
  test("may have to be single words", () =>
    expect(
      read("ab aba (ab)", added({ singleWord: true, normalized: false })).filter(
        (token) => token === "ab<ab>",
      ),
    ).toHaveLength(2));
  test("may take the white space before them", () =>
    expect(read("a \tab", added({ lstrip: true, normalized: false }))).toEqual(["a<a>", "ab< \tab>"]));
  test("may take the white space after them", () =>
    expect(read("ab \ta", added({ rstrip: true, normalized: false }))).toEqual(["ab<ab \t>", "a<a>"]));
  test.each([true, false])(
    "of which the one before has left nothing are none (normalized: %s)",
    (normalized) => {
      const blank = { content: " ", id: 23, lstrip: true, rstrip: true, normalized };
      expect(read("a   b", made({ addedTokens: [blank] }))).toEqual(["a<a>", " <   >", "b<b>"]);
    },
  );
  test("may be sought in normalised text", () =>
    expect(read("ÁB 日 😀áb", added({})).filter((token) => token.startsWith("ab<"))).toEqual([
      "ab<ÁB>",
      "ab<áb>",
    ]));
  test("beyond the vocabulary are no pieces of words", () =>
    expect(read("xab", added({ singleWord: true }))).toEqual(
      ["x<x>", "##a<a>", "##b<b>"].map((token) => token),
    ));
  test("have pieces of their own", () => expect(added({}).vocabulary.piece(24)).toBe("abb"));
  test("are decoded, and left out if special", () => {
    const tokenizer = added({ special: true });
    expect(tokenizer.decode([8, 23, 24])).toBe("a abb");
    expect(tokenizer.decode([8, 23, 24], { skipSpecials: false })).toBe("a ab abb");
  });
  test("with an id that leaves a gap are refused", () =>
    expect(() => made({ addedTokens: [{ content: "new", id: 99 }] })).toThrow(
      expect.objectContaining({ code: "invalid-model" }),
    ));
  test("with another piece's id are refused", () =>
    expect(() => made({ addedTokens: [{ content: "a", id: 3 }] })).toThrow(
      expect.objectContaining({ code: "invalid-model" }),
    ));
});

describe("specials", () => {
  test("are known by id", () =>
    expect(uncased.specials).toEqual({ pad: 0, unk: 1, cls: 2, sep: 3, mask: 4 }));
  test("may have other names", () =>
    expect(made({ specials: { cls: "a", mask: "none" } }).specials).toMatchObject({
      cls: 8,
      mask: undefined,
    }));
  test("other than the mask must be there", () =>
    expect(() => new Tokenizer(Vocabulary.of(["[UNK]", "a"]))).toThrow(
      expect.objectContaining({ code: "invalid-vocabulary" }),
    ));
});

describe("the caller's arrays", () => {
  test("are written from the place given", () => {
    const ids = new Int32Array(20).fill(-1);
    const offsets = new Int32Array(40).fill(-1);
    expect(uncased.tokenizeInto("unaffable", ids, offsets, 2)).toBe(5);
    expect([...ids.subarray(0, 6)]).toEqual([-1, -1, 5, 6, 7, -1]);
    expect([...offsets.subarray(2, 12)]).toEqual([-1, -1, 0, 2, 2, 5, 5, 9, -1, -1]);
  });
  test("are left alone after the end, also by a word that is given up on", () => {
    const ids = new Int32Array(60).fill(-1);
    const offsets = new Int32Array(120).fill(-1);
    expect(uncased.tokenizeInto("unaffablez ababz", ids, offsets, 0)).toBe(2);
    expect([...new Set(ids.subarray(2)), ...new Set(offsets.subarray(4))]).toEqual([-1, -1]);
  });
  test("may just fit", () => {
    const ids = new Int32Array(3);
    expect(uncased.tokenizeInto("unaffable", ids, undefined, 0)).toBe(3);
    expect([...ids]).toEqual([5, 6, 7]);
  });
  test("that are too small are not touched", () => {
    const ids = new Int32Array(4);
    expect(() => uncased.tokenizeInto("unaffable", ids, undefined, 2)).toThrow(
      expect.objectContaining({ code: "invalid-option" }),
    );
    expect([...ids]).toEqual([0, 0, 0, 0]);
  });
  test("have the length that count tells", () => expect(uncased.count("unaffable! a")).toBe(5));
});

test("a blank that is an added token and strips is read in linear time", () => {
  const addedTokens = [
    {
      content: "\n",
      id: 5,
      special: false,
      singleWord: false,
      lstrip: true,
      rstrip: true,
      normalized: false,
    },
  ];
  const blanks = new Tokenizer(Vocabulary.of(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "\n"]), {
    addedTokens,
  });
  const started = performance.now();
  expect(blanks.count("\n".repeat(200_000))).toBe(1);
  expect(performance.now() - started).toBeLessThan(5_000); // minutes, if each read them all again
});

test("a place that is none is refused", () => {
  const small = new Tokenizer(Vocabulary.of(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]));
  for (const at of [-1, 0.5, NaN]) {
    expect(() => small.encodeInto("a", { ids: new Int32Array(9) }, {}, at)).toThrow("no place for a token");
    expect(() => small.tokenizeInto("a", new Int32Array(9), undefined, at)).toThrow("no place for a token");
  }
});

test("a changed special piece leaves the others as the files name them", () => {
  const vocabTxt = "<pad>\n[UNK]\n<s>\n[SEP]\n[MASK]\n";
  const tokenizerConfig = JSON.stringify({ cls_token: "<s>", pad_token: "<pad>" });
  const { specials } = Tokenizer.fromFiles({ vocabTxt, tokenizerConfig }, { specials: { mask: "[MASK]" } });
  expect(specials).toMatchObject({ cls: 2, pad: 0, mask: 4 });
});

test("an added token that is sought in normalised text is decoded as it looks there", () => {
  const pieces = Vocabulary.of(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "Foo Bar"]);
  const addedTokens = [
    {
      content: "Foo Bar",
      id: 5,
      special: false,
      singleWord: false,
      lstrip: false,
      rstrip: false,
      normalized: true,
    },
  ];
  const one = new Tokenizer(pieces, { addedTokens });
  expect(one.decode(one.tokenize("a FOO bar a").ids)).toBe("a foo bar a");
});

describe("any text", () => {
  const texts = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...Array.from("abx !日한é"), "\u0301", "[MASK]", "\u302e", "un"),
      fc.string({ unit: "binary", maxLength: 1 }),
    ),
  });
  test("is read the same a second time, when its words are remembered", () =>
    fc.assert(
      fc.property(texts, (text) => {
        expect(uncased.tokenize(text)).toEqual(uncased.tokenize(text));
      }),
    ));
  test("has the tokens of its parts when a space is between them", () =>
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        expect(plain(uncased.tokenize(`${one} ${other}`))).toEqual([
          ...plain(uncased.tokenize(one)),
          ...plain(uncased.tokenize(other), one.length + 1),
        ]);
      }),
    ));
  test("has tokens in order, each from a stretch of it", () =>
    fc.assert(
      fc.property(texts, (text) => {
        let before = 0;
        for (const [, start, end] of plain(uncased.tokenize(text))) {
          expect(start).toBeGreaterThanOrEqual(before);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          before = start!;
        }
      }),
    ));
});

describe("what a token is said to come from", () => {
  const starter = new Tokenizer(
    Vocabulary.parse(
      readFileSync(new URL("../../../../packages/starter/model/vocab.txt", import.meta.url), "utf8"),
    ),
  );
  const unit = fc.oneof(
    fc.constantFrom(
      "film",
      "unaffable",
      " ",
      " ",
      "don't",
      "é",
      "İ",
      "中",
      "한",
      "👍",
      "[MASK]",
      ",",
      "\u200b",
      "À",
    ),
    fc.string({ unit: "binary", maxLength: 1 }),
  );
  const texts = fc.array(unit, { maxLength: 20 }).map((units) => units.join(""));

  test("normalises to the token: tokenized alone, it is the piece", () =>
    fc.assert(
      fc.property(texts, (text) => {
        const { ids, offsets } = starter.tokenize(text);
        for (const [nth, id] of ids.entries()) {
          if (id === starter.specials.unk) continue; // a word of any kind
          const start = offsets[2 * nth];
          const end = offsets[2 * nth + 1];
          const same = (other: number) => offsets[2 * other] === start && offsets[2 * other + 1] === end;
          if (same(nth - 1) || same(nth + 1)) continue; // one of several from one character
          const alone = starter.tokenize(text.slice(start, end)).ids;
          const piece = starter.vocabulary.piece(id).replace(/^##(?=.)/, "");
          const pieces = Array.from(alone, (each) => starter.vocabulary.piece(each).replace(/^##(?=.)/, ""));
          // A continuation may fall into other pieces at a word's beginning; put together they are the same.
          if (!pieces.includes("[UNK]")) expect(pieces.join("")).toBe(piece);
        }
      }),
    ));

  test("is in the order of the text, whatever changed places", () =>
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "\u302e", "\u{1d165}", "\u0301", " ", "é") }),
        (text) => {
          const { ids, offsets } = starter.tokenize(text);
          for (let nth = 1; nth < ids.length; nth++) {
            expect(offsets[2 * nth]).toBeGreaterThanOrEqual(offsets[2 * nth - 2]);
            expect(offsets[2 * nth + 1]).toBeGreaterThanOrEqual(offsets[2 * nth - 1]);
          }
        },
      ),
    ));

  test("decoded and encoded again is the same, and again, without [UNK], added tokens and a literal ##", () =>
    fc.assert(
      fc.property(texts, (text) => {
        const { ids } = starter.tokenize(text);
        const { unk, mask } = starter.specials;
        if (ids.includes(unk) || ids.includes(mask!)) return; // [UNK] is not what was read
        if (starter.tokenize(text).ids.some((id) => starter.vocabulary.piece(id) === "#")) return;
        for (const cleanUp of [true, false]) {
          const again = starter.tokenize(starter.decode(ids, { cleanUp })).ids;
          const third = starter.tokenize(starter.decode(again, { cleanUp })).ids;
          expect([...again]).toEqual([...ids]);
          expect([...third]).toEqual([...again]);
        }
      }),
    ));
});

describe("a megabyte of one thing takes a moment", () => {
  test.each([
    ["one word", "x", 1],
    ["accents", "\u0301", 0],
    ["marks that change places", "\u302e\u0334", 1],
    ["brackets", "[", 1_000_000],
    ["masks", "[MASK]", 1_000_000 / 6],
    ["almost masks", "[MASK", 2 * 200_000],
    ["white space", " ", 0],
  ])("%s", (_, unit, tokens) => {
    const text = unit.repeat(1_000_000 / unit.length);
    const begun = performance.now();
    expect(uncased.count(text)).toBe(Math.floor(tokens));
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

test("a long text does not disturb the short ones after it", () => {
  expect(uncased.count("a ".repeat(500_000))).toBe(500_000);
  expect(read("unaffable")).toHaveLength(3);
  expect(uncased.count("b".repeat(50_000))).toBe(1);
});

describe("warnings", () => {
  test("tell of a cased vocabulary under lower-casing", () =>
    expect(warningsOf(words("A"), true)[0]).toMatch(/looks cased/));
  test("tell of a vocabulary without capitals under kept case", () =>
    expect(warningsOf(words("a"), false)[0]).toMatch(/no capitals/));
  test("are none otherwise", () =>
    expect([...warningsOf(words("a"), true), ...warningsOf(words("A"), false)]).toEqual([]));
});
