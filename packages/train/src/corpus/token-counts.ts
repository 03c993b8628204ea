/** What the counts of a corpus's tokens tell: which words are rare, and what a guess by frequency alone is worth. */
import type { WordScore } from "./masking.ts";

/**
 * A score that prefers rare words: one over the square root of how often the rarest piece occurs, so that a word a
 * hundred times rarer is masked ten times as often.
 *
 * @param counts How often each id occurs: a store's `counts`.
 * @example
 * new PretrainingData({ store, tokenizer, seed: 1, score: rareWords(store.counts) });
 */
export function rareWords(counts: ArrayLike<number>): WordScore {
  return (pieces) => {
    let rarest = Number.POSITIVE_INFINITY;
    for (const id of pieces) rarest = Math.min(rarest, counts[id]);
    return 1 / Math.sqrt(1 + rarest);
  };
}

/**
 * The entropy of single tokens, in nats: the loss of a model that knows only how often each occurs.
 *
 * @example
 * unigramEntropy([5, 5]); // 0.693…, ln 2
 */
export function unigramEntropy(counts: ArrayLike<number>): number {
  let total = 0;
  let sum = 0;
  for (let id = 0; id < counts.length; id++) {
    const count = counts[id];
    if (count === 0) continue;
    total += count;
    sum += count * Math.log(count);
  }
  return Math.log(total) - sum / total;
}
