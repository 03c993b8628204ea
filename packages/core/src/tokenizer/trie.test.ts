import fc from "fast-check";
import { expect, test } from "vitest";
import { Tokenizer, Vocabulary } from "./index.ts";
import { buildTrie, findPiece, listPieces } from "./trie.ts";

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];

/** The algorithm of the original, as simple as can be. */
function greedy(word: string, vocabulary: Vocabulary): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < word.length;) {
    let end = word.length;
    const prefix = start === 0 ? "" : "##";
    while (end > start && vocabulary.id(prefix + word.slice(start, end)) === undefined) end--;
    if (end === start) return ["[UNK]"];
    pieces.push(prefix + word.slice(start, end));
    start = end;
  }
  return pieces;
}

test("any vocabulary splits any word as greedy longest match does", () => {
  const letters = fc.string({ unit: fc.constantFrom(...Array.from("abc𝒳")), minLength: 1, maxLength: 6 });
  const vocabularies = fc.uniqueArray(
    fc.tuple(fc.constantFrom("", "##"), letters).map((parts) => parts.join("")),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(
      vocabularies,
      fc.array(fc.string({ unit: fc.constantFrom(...Array.from("abc𝒳d")), minLength: 1, maxLength: 24 }), {
        maxLength: 30,
      }),
      (pieces, words) => {
        const vocabulary = Vocabulary.of([...SPECIALS, ...pieces]);
        const tokenizer = new Tokenizer(vocabulary);
        const { ids } = tokenizer.tokenize(words.join(" "));
        expect(Array.from(ids, (id) => vocabulary.piece(id))).toEqual(
          words.flatMap((word) => greedy(word, vocabulary)),
        );
      },
    ),
  );
});

test("a vocabulary of tens of thousands of characters has room in the automaton", () => {
  const ideographs = Array.from({ length: 20_000 }, (_, nth) => String.fromCharCode(0x4e00 + nth));
  const vocabulary = Vocabulary.of([...SPECIALS, ...ideographs, ...ideographs.map((piece) => `##${piece}`)]);
  const tokenizer = new Tokenizer(vocabulary, { handleChineseChars: false });
  const text = ideographs.slice(-50).join("");
  expect(tokenizer.decode(tokenizer.tokenize(text).ids)).toBe(text);
});

test("a vocabulary of more characters than there are codes is refused", () => {
  const pieces = Array.from({ length: 70_000 }, (_, nth) => String.fromCodePoint(0x20000 + nth));
  expect(() => new Tokenizer(Vocabulary.of([...SPECIALS, ...pieces]))).toThrow(
    expect.objectContaining({ code: "unsupported" }),
  );
});

test("the automaton finds every piece by its id, nothing else, and lists them in order", () => {
  const units = Array.from("a#𝒳\ud800\n");
  const text = fc.string({ unit: fc.constantFrom(...units), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.uniqueArray(text, { minLength: 1, maxLength: 30 }), fc.array(text), (pieces, others) => {
      const trie = buildTrie(pieces);
      expect(listPieces(trie)).toEqual(pieces);
      for (const piece of [...pieces, ...others, ""]) {
        const id = pieces.indexOf(piece);
        expect(findPiece(trie, piece)).toBe(id < 0 ? undefined : id);
      }
    }),
  );
});
