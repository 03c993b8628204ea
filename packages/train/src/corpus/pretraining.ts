/**
 * From text files to batches to pre-train on: a store of tokens on the disk, and a source of batches over it.
 */
export { writeTokenStore } from "./token-store-writer.ts";
export type { StoreOptions } from "./token-store-writer.ts";
export { TokenStore } from "./token-store.ts";
export type { StoreHeader, TokenizerMark } from "./token-store.ts";
export type { Documents, Sentences } from "./examples.ts";
export type { Source } from "./sources.ts";
export { PretrainingData } from "./pretraining-data.ts";
export type { Corpus, PretrainingOptions } from "./pretraining-data.ts";
export type { Objective } from "./batches.ts";
export type { MaskingOptions, WordScore } from "./masking.ts";
export { rareWords, unigramEntropy } from "./token-counts.ts";
export { partCorpus } from "./store-part.ts";
