import { expect, test } from "vitest";
import type { Corpus } from "./pretraining-data.ts";
import { partCorpus } from "./store-part.ts";

/** Document n is one sentence, the token n. */
const corpusOf = (documents: number): Corpus => ({
  documents,
  header: { sentences: documents },
  sentences: () => 1,
  size: () => 2,
  read: (document) => ({ ids: Uint16Array.of(document), ends: Uint32Array.of(1) }),
  checkTokenizer: () => {},
});
const documentsOf = (corpus: Corpus | undefined): number[] =>
  Array.from({ length: corpus?.documents ?? 0 }, (_, document) => corpus!.read(document).ids[0]);

test("each document is in one part, and none in both", () => {
  const { training, heldOut } = partCorpus(corpusOf(100), 0.1, 1);
  expect(heldOut?.documents).toBe(10);
  expect([...documentsOf(training), ...documentsOf(heldOut)].sort((a, b) => a - b)).toEqual(
    documentsOf(corpusOf(100)),
  );
  expect(training.header.sentences).toBe(90);
});

const drawn = (seed: number) => documentsOf(partCorpus(corpusOf(1000), 0.01, seed).heldOut);

test("which are held out is the seed's", () => {
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
});

test.each([
  [100, 0.01, 4],
  [10, 0.01, 2],
  [2, 0.01, 1],
  [2, 0.9, 1],
  [1, 0.5, 0],
  [100, 0, 0],
])("of %i documents and a share of %f, %i are held out", (documents, share, count) => {
  const { training, heldOut } = partCorpus(corpusOf(documents), share, 1);
  expect([training.documents, heldOut?.documents ?? 0]).toEqual([documents - count, count]);
});
