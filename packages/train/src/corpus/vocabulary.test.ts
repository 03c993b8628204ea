import { Tokenizer } from "@cloze/core/tokenizer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { trainVocabulary } from "./vocabulary.ts";
import { countWords } from "./word-table.ts";

const hugs = new Map([
  ["hug", 10],
  ["pug", 5],
  ["pun", 12],
  ["bun", 4],
  ["hugs", 5],
]);
const BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

test("special tokens come first, then the alphabet, then merges in order", () => {
  const { pieces } = trainVocabulary(hugs, { size: 19 });
  const alphabet = ["b", "g", "h", "n", "p", "s", "u", "##g", "##n", "##s", "##u"];
  expect(pieces).toEqual([...BERT, ...alphabet, "##ug", "##un", "hug"]);
});

test("likelihood prefers pieces that are seldom apart, among pairs about as frequent", () => {
  // Both pairs occur between 8 and 15 times; a and ##b are also met apart, q and ##u are not.
  const words = new Map([
    ["ab", 12],
    ["ac", 7],
    ["cb", 7],
    ["qu", 9],
  ]);
  const pieceAfterAlphabet = (score: "frequency" | "likelihood"): string | undefined =>
    trainVocabulary(words, { score, size: 100 }).pieces.find((piece) => /^[a-z]{2}$/.test(piece));
  expect(pieceAfterAlphabet("frequency")).toBe("ab");
  expect(pieceAfterAlphabet("likelihood")).toBe("qu");
});

test("likelihood lets no rare pair go before one that is twice as frequent", () => {
  const words = new Map([
    ["ab", 64],
    ["ac", 64],
    ["qu", 3],
  ]);
  expect(trainVocabulary(words, { score: "likelihood", size: 100 }).pieces.slice(-3)).toEqual([
    "ab",
    "ac",
    "qu",
  ]);
});

test("both scores agree with counting everything anew for each merge", () => {
  const word = fc.string({ unit: fc.constantFrom(...Array.from("aabcd")), minLength: 1, maxLength: 8 });
  const counted = fc.array(fc.tuple(word, fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(counted, fc.integer({ min: 1, max: 6 }), (entries, minFrequency) => {
      const words = new Map(entries);
      for (const score of ["frequency", "likelihood"] as const)
        expect(trainVocabulary(words, { size: 60, minFrequency, score }).pieces).toEqual(
          trainPlainly(words, 60, minFrequency, score),
        );
    }),
    { numRuns: 500 },
  );
});

test("the order of the words changes nothing", () => {
  const words = [...countWords(["peter piper picked a peck of pickled peppers a peck of pickled peppers"])];
  const expected = trainVocabulary(words, { size: 60 }).pieces;
  fc.assert(
    fc.property(fc.shuffledSubarray(words, { minLength: words.length }), (shuffled) => {
      expect(trainVocabulary(shuffled, { size: 60 }).pieces).toEqual(expected);
    }),
  );
});

test("pieces are distinct, as many as asked for at most, and every word has pieces", () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from("abcdeя中𝐱é!# ")), maxLength: 200 });
  fc.assert(
    fc.property(text, fc.integer({ min: 40, max: 80 }), fc.boolean(), (some, size, cased) => {
      const words = countWords([`${some} end`], { cased });
      for (const score of ["frequency", "likelihood"] as const) {
        const vocabulary = trainVocabulary(words, { size, score });
        expect(vocabulary.size).toBeLessThanOrEqual(size);
        expect(new Set(vocabulary.pieces).size).toBe(vocabulary.size);
        const tokenizer = new Tokenizer(vocabulary, { lowercase: !cased });
        for (const [word] of words)
          expect(tokenizer.tokenize(word).ids).not.toContain(tokenizer.specials.unk);
      }
    }),
  );
});

test("no piece of several characters is rarer than the minimal frequency", () => {
  const word = fc.string({ unit: fc.constantFrom(...Array.from("abc")), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, fc.integer({ min: 1, max: 5 }))),
      fc.integer({ min: 1, max: 9 }),
      (entries, minFrequency) => {
        const words = new Map([...entries, ["end", 1] as const]);
        for (const score of ["frequency", "likelihood"] as const)
          for (const piece of trainVocabulary(words, { size: 1000, minFrequency, score }).pieces.slice(
            BERT.length,
          )) {
            const inside = piece.startsWith("##");
            const letters = inside ? piece.slice(2) : piece;
            if (letters.length === 1) continue;
            let occurrences = 0;
            for (const [each, count] of words)
              for (let at = inside ? 1 : 0; at <= (inside ? each.length : 0); at++)
                if (each.startsWith(letters, at)) occurrences += count;
            expect(occurrences).toBeGreaterThanOrEqual(minFrequency);
          }
      },
    ),
  );
});

test("words with a character outside the alphabet teach nothing", () => {
  const words = new Map([
    ["aa", 5],
    ["ab", 5],
    ["a☃b", 4],
    ["☃", 1],
  ]);
  expect(trainVocabulary(words, { limitAlphabet: 2 }).pieces).toEqual([
    ...BERT,
    "a",
    "b",
    "##a",
    "##b",
    "aa",
    "ab",
  ]);
});

test("of characters that are equally frequent, the alphabet has the lower code points", () => {
  const words = new Map([
    ["b", 1],
    ["a", 1],
    ["c", 1],
  ]);
  expect(trainVocabulary(words, { limitAlphabet: 2 }).pieces).toEqual([...BERT, "a", "b"]);
});

test("with BERT's 994 unused slots the special tokens have BERT's ids", () => {
  const vocabulary = trainVocabulary(hugs, { unused: 994 });
  const ids = ["[PAD]", "[unused0]", "[unused98]", "[UNK]", "[MASK]", "[unused99]", "[unused993]", "b"];
  expect(ids.map((piece) => vocabulary.id(piece))).toEqual([0, 1, 99, 100, 103, 104, 998, 999]);
});

test("special tokens may be others, and one that is also a piece is there once", () => {
  const { pieces } = trainVocabulary(hugs, { specials: ["<s>", "u", "hug"], unused: 1 });
  expect(pieces.slice(0, 5)).toEqual(["<s>", "[unused0]", "u", "hug", "b"]);
  expect(new Set(pieces).size).toBe(pieces.length);
});

test("a vocabulary ends where no pair is frequent enough", () => {
  expect(trainVocabulary(hugs, { minFrequency: 16 }).pieces.slice(-2)).toEqual(["##ug", "##un"]);
});

test("a size beyond all reason is only a bound", () => {
  for (const score of ["frequency", "likelihood"] as const)
    expect(trainVocabulary(hugs, { size: 2 ** 50, score }).pieces).toContain("hugs");
});

test("it tells how far it is", () => {
  const words = countWords([Array.from({ length: 3000 }, (_, nth) => nth.toString(36).repeat(2)).join(" ")]);
  const told: number[] = [];
  const { size } = trainVocabulary(words, { onProgress: (pieces) => told.push(pieces) });
  expect(told.length).toBeGreaterThan(2);
  expect(told).toEqual([...told].sort((one, other) => one - other));
  expect(told.at(-1)).toBeLessThanOrEqual(size);
});

test("what cannot be is refused with a sentence", () => {
  const refusals = [
    [{ size: 15 }, "size", "special tokens and the alphabet take 16"],
    [{ size: 1.5 }, "size", "size is 1.5"],
    [{ minFrequency: 0 }, "minFrequency", "minFrequency is 0"],
    [{ limitAlphabet: 0 }, "limitAlphabet", "limitAlphabet is 0"],
    [{ unused: -1 }, "unused", "unused is -1"],
    [{ unused: 2 ** 40 }, "unused", "has no room for it"],
    [{ specials: ["[UNK]", ""] }, "specials", '"" cannot be a line'],
    [{ specials: ["[UNK]", "[UNK]"] }, "specials", '"[UNK]" is there twice'],
    [{ specials: ["[UNK]\n"] }, "specials", "cannot be a line"],
  ] as const;
  for (const [options, field, message] of refusals)
    expect(() => trainVocabulary(hugs, options)).toThrow(
      expect.objectContaining({ code: "invalid-option", field, message: expect.stringContaining(message) }),
    );
  expect(() => trainVocabulary([])).toThrow(expect.objectContaining({ code: "invalid-input" }));
  expect(() => trainVocabulary([["a", 0]])).toThrow(expect.objectContaining({ code: "invalid-input" }));
});

/** The same by definition: all pairs are counted anew for each merge. */
function trainPlainly(
  words: ReadonlyMap<string, number>,
  size: number,
  minFrequency: number,
  score: "frequency" | "likelihood",
): string[] {
  const spelled = [...words].map(([word, count]) => ({
    count,
    symbols: Array.from(word).map((letter, nth) => (nth === 0 ? letter : `##${letter}`)),
  }));
  const letters = [...words.keys()].flatMap((word) => Array.from(word)).sort();
  const inside = [...words.keys()].flatMap((word) => Array.from(word.slice(1))).sort();
  const pieces = [...new Set([...BERT, ...letters, ...inside.map((letter) => `##${letter}`)])];
  const merged = new Map<string, number>();
  let floor = Infinity;
  for (;;) {
    const parts = new Map<string, number>();
    const pairs = new Map<string, number>();
    for (const { count, symbols } of spelled)
      for (const [nth, symbol] of symbols.entries()) {
        parts.set(symbol, (parts.get(symbol) ?? 0) + count);
        const pair = `${symbol} ${symbols[nth + 1]}`;
        if (nth + 1 < symbols.length) pairs.set(pair, (pairs.get(pair) ?? 0) + count);
      }
    if (floor === Infinity) floor = 2 ** Math.ceil(Math.log2(Math.max(1, ...pairs.values()) + 1));
    const candidates = (): { pair: string; score: number; ids: number[] }[] =>
      [...pairs]
        .filter(([pair, count]) => merged.has(pair) || count >= floor)
        .map(([pair, count]) => {
          const [left, right] = pair.split(" ");
          const often = count + (merged.get(pair) ?? 0); // merged before: at once again
          const own = score === "frequency" ? often : often / parts.get(left)! / parts.get(right)!;
          return { pair, score: own, ids: [pieces.indexOf(left), pieces.indexOf(right)] };
        })
        .sort((one, other) =>
          one.score === other.score
            ? one.ids[0] - other.ids[0] || one.ids[1] - other.ids[1]
            : other.score - one.score,
        );
    while (candidates().length === 0 && floor > minFrequency) floor = Math.max(minFrequency, floor / 2);
    const [best] = candidates();
    if (best === undefined || pieces.length >= size) return pieces;
    merged.set(best.pair, pairs.get(best.pair)!);
    const [left, right] = best.pair.split(" ");
    const piece = left + right.slice(2);
    if (!pieces.includes(piece)) pieces.push(piece);
    for (const { symbols } of spelled)
      for (let at = 0; at + 1 < symbols.length; at++)
        if (symbols[at] === left && symbols[at + 1] === right) symbols.splice(at, 2, piece);
  }
}
