/**
 * Metrics of masked words: how likely the right piece was at each mask, and how often it was the likeliest.
 */
import { ClozeError } from "@cloze/core";

/** How well masked words were told. */
export interface MaskedLmMetrics {
  /** The share of masks whose likeliest piece is the right one, 0 to 1. */
  readonly accuracy: number;
  /** The mean of -log p of the right piece, in nats. */
  readonly loss: number;
  /** exp(loss): among how many pieces, all alike, the choice would have been as hard. */
  readonly perplexity: number;
  /** How many masks the right piece was likeliest at. */
  readonly right: number;
  /** How many masks there are. */
  readonly total: number;
}

/**
 * Scores masks, fill-up left out.
 *
 * @param logProbabilities log p of the right piece at each mask, natural.
 * @param best Whether the right piece was the likeliest, true or 1, in the same order.
 * @throws ClozeError `invalid-input` when there is no mask.
 *
 * @example
 * scoreMaskedLm([Math.log(1 / 2), Math.log(1 / 8)], [1, 0]).perplexity; // 4
 */
export function scoreMaskedLm(
  logProbabilities: ArrayLike<number>,
  best: ArrayLike<number | boolean>,
): MaskedLmMetrics {
  const total = logProbabilities.length;
  if (total === 0) throw new ClozeError("invalid-input", "There is nothing to score: no piece is masked.");
  let sum = 0;
  let right = 0;
  for (let i = 0; i < total; i++) {
    sum += logProbabilities[i];
    if (best[i]) right++;
  }
  const loss = -sum / total;
  return { accuracy: right / total, loss, perplexity: Math.exp(loss), right, total };
}
