/**
 * The corpus of a pre-training: its tokens on the disk, what of them is learned from and what is only measured on.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { PretrainingData } from "../corpus/pretraining-data.ts";
import type { Corpus } from "../corpus/pretraining-data.ts";
import { partCorpus } from "../corpus/store-part.ts";
import { rareWords, unigramEntropy } from "../corpus/token-counts.ts";
import { TokenStore } from "../corpus/token-store.ts";
import type { StoreHeader } from "../corpus/token-store.ts";
import { writeTokenStore } from "../corpus/token-store-writer.ts";
import type { Manifest } from "../run/manifest.ts";
import type { DataSource } from "../train-step.ts";
import { STORE } from "./pretrain-folder.ts";
import type { Beginning } from "./pretrain-model.ts";
import type { PretrainOptions, Settings } from "./pretrain-options.ts";
import { PhasedData } from "./pretrain-phases.ts";

/** What is learned from, and what is measured on. */
export interface PretrainCorpus extends Disposable {
  readonly header: StoreHeader;
  /** The loss of a guess by frequency alone, in nats. */
  readonly unigramEntropy: number;
  readonly data: DataSource;
  readonly heldOut: PretrainingData | undefined;
  readonly heldOutDocuments: number;
}

/**
 * Tokenizes the corpus, or opens what the run has tokenized before.
 *
 * @throws {ClozeError} as `writeTokenStore` and `PretrainingData`.
 */
export async function readCorpus(
  options: PretrainOptions,
  beginning: Beginning,
  settings: Settings,
  manifest: Manifest,
): Promise<PretrainCorpus> {
  const store = await openStore(options, beginning, manifest);
  try {
    const { training, heldOut } = part(store, settings, options.onWarning);
    return {
      header: store.header,
      unigramEntropy: unigramEntropy(store.counts),
      data: dataOf(training, beginning, settings, store.counts),
      heldOut: heldOut && heldOutOf(heldOut, beginning, settings),
      heldOutDocuments: heldOut?.documents ?? 0,
      [Symbol.dispose]: () => store[Symbol.dispose](),
    };
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}

/** The tokens of the corpus: those that the run has made before, or made anew. */
async function openStore(
  { out, corpus, signal, onCorpus }: PretrainOptions,
  { tokenizer }: Beginning,
  { data }: Manifest,
): Promise<TokenStore> {
  const file = path.join(out, STORE);
  if (existsSync(file)) {
    const store = TokenStore.open(file);
    const { sources, icu } = store.header;
    const same =
      sources.length === corpus.length && sources.every(({ sha256 }, nth) => sha256 === data[nth].sha256);
    if (same && icu === process.versions.icu) return store;
    store[Symbol.dispose]();
  }
  return writeTokenStore(corpus, tokenizer, file, { onProgress: onCorpus, signal });
}

/** Nothing is held out of a corpus that is too short for it: of one document, or for pairs of a sentence a part. */
function part(
  store: TokenStore,
  { heldOut: share, seed, objective }: Settings,
  onWarning: PretrainOptions["onWarning"],
): ReturnType<typeof partCorpus> {
  const parts = partCorpus(store, share, seed);
  const { training, heldOut } = parts;
  const short =
    objective === "mlm+nsp" && Math.min(training.header.sentences, heldOut?.header.sentences ?? 0) < 2;
  if (heldOut !== undefined && !short) return parts;
  const what = heldOut === undefined ? "is one document" : "has few sentences";
  if (share > 0) onWarning?.(`The corpus ${what}, so that none is held out to measure on.`);
  return { training: store, heldOut: undefined };
}

function dataOf(
  corpus: Corpus,
  { tokenizer }: Beginning,
  settings: Settings,
  counts: Float64Array,
): DataSource {
  const { objective, masking, batch, seed, device, steps, length, longLength, longSteps } = settings;
  const source = (tokens: number): PretrainingData =>
    new PretrainingData({
      store: corpus,
      tokenizer,
      seed,
      objective,
      batch,
      length: tokens,
      wholeWord: masking === "whole-word",
      score: masking === "rare" ? rareWords(counts) : undefined,
      // A device takes a batch at once, always in one shape.
      ...(device === "cpu" ? { microTokens: settings.microTokens } : { pad: "full" as const }),
    });
  if (longSteps === 0) return source(length);
  return new PhasedData(source(length), source(longLength), steps - longSteps);
}

/** Its masks are single pieces, whatever is trained on: figures compare so. */
function heldOutOf(
  corpus: Corpus,
  { tokenizer }: Beginning,
  { objective, batch, length, seed }: Settings,
): PretrainingData {
  return new PretrainingData({
    store: corpus,
    tokenizer,
    seed,
    objective,
    batch,
    length,
    microTokens: Math.max(length, objective === "ltr" ? 128 : 1024),
  });
}
