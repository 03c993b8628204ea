/**
 * The dropout that a model is trained with.
 */
import type { BertConfig } from "@cloze/core";

/** A model with one rate of dropout everywhere; with its own where none is given. */
export function withDropout(config: BertConfig, rate: number | undefined): BertConfig {
  return rate === undefined
    ? config
    : { ...config, dropout: { hidden: rate, attention: rate, classifier: rate } };
}
