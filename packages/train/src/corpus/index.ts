/**
 * From text to a vocabulary: counting words, and learning the pieces they are made of. No file system: `files.ts`
 * reads, these count and learn.
 */
export { trainVocabulary, resolveVocabularyOptions } from "./vocabulary.ts";
export type { PairScore, VocabularyOptions } from "./vocabulary.ts";
export { countWords, WordTable } from "./word-table.ts";
export type { PackedWords, WordCounts, WordOptions } from "./word-table.ts";
