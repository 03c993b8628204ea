/** Counting and training against Hugging Face's tokenizers: see tests/reference/vocabulary.py. */
import { readFileSync } from "node:fs";
import { countWords, trainVocabulary } from "@cloze/train/corpus";
import { expect, test } from "vitest";

type Counts = Readonly<Record<string, number>>;
interface Fixture {
  readonly counted: { readonly texts: readonly string[]; readonly uncased: Counts; readonly cased: Counts };
  readonly trained: readonly {
    readonly name: string;
    readonly words: Counts;
    readonly cases: readonly { size: number; minFrequency: number; pieces: readonly string[] }[];
  }[];
}
const { counted, trained } = JSON.parse(
  readFileSync(new URL("../fixtures/vocabulary.json", import.meta.url), "utf8"),
) as Fixture;

test.each(["uncased", "cased"] as const)("%s words are BertNormalizer's and BertPreTokenizer's", (name) => {
  const words = countWords(counted.texts, { cased: name === "cased" });
  expect(Object.fromEntries(words)).toEqual(counted[name]);
});

test.each(trained)("the vocabulary is WordPieceTrainer's, piece by piece: $name", ({ words, cases }) => {
  expect(cases.length).toBeGreaterThan(0);
  for (const { size, minFrequency, pieces } of cases)
    expect(trainVocabulary(Object.entries(words), { size, minFrequency }).pieces).toEqual(pieces);
});
