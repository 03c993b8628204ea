/**
 * Some documents of a store, as a corpus of their own: what is learnt from, and what is held out to measure.
 */
import type { Tokenizer } from "@cloze/core";
import { purposes, Random } from "../random.ts";
import type { Sentences } from "./examples.ts";
import type { Corpus } from "./pretraining-data.ts";

/** However small the share, so many documents are held out, if they are no more than a fifth of all. */
const LEAST = 4;

/**
 * Parts a corpus in two by whole documents, drawn by a seed: one document at least is held out, and one stays.
 *
 * @param share Of the documents, 0 to below 1. 0 holds nothing out.
 * @returns Nothing is held out of a single document.
 * @example
 * const { training, heldOut } = partCorpus(store, 0.01, 1);
 */
export function partCorpus(
  corpus: Corpus,
  share: number,
  seed: number,
): { training: Corpus; heldOut: Corpus | undefined } {
  const { documents } = corpus;
  if (share === 0 || documents < 2) return { training: corpus, heldOut: undefined };
  const fifth = Math.max(1, Math.floor(documents / 5));
  const count = Math.min(documents - 1, Math.max(Math.round(share * documents), Math.min(LEAST, fifth)));
  const order = new Random(seed, purposes.split).permutation(documents);
  return {
    training: new StorePart(corpus, order.subarray(count).sort()),
    heldOut: new StorePart(corpus, order.subarray(0, count).sort()),
  };
}

class StorePart implements Corpus {
  readonly header: { readonly sentences: number };
  readonly #corpus: Corpus;
  readonly #members: Uint32Array;

  constructor(corpus: Corpus, members: Uint32Array) {
    this.#corpus = corpus;
    this.#members = members;
    this.header = { sentences: members.reduce((sum, document) => sum + corpus.sentences(document), 0) };
  }

  get documents(): number {
    return this.#members.length;
  }

  sentences(document: number): number {
    return this.#corpus.sentences(this.#members[document]);
  }

  size(document: number): number {
    return this.#corpus.size(this.#members[document]);
  }

  read(document: number, from?: number, tokens?: number): Sentences {
    return this.#corpus.read(this.#members[document], from, tokens);
  }

  checkTokenizer(tokenizer: Tokenizer): void {
    this.#corpus.checkTokenizer(tokenizer);
  }
}
