/**
 * How many parameters a BERT has and where they are, and what work a token is: formulas over its sizes, term by term.
 */
import type { BertConfig } from "./config.ts";

/** Parameters by part. The first four are the terms that a reader of the paper computes from V, P, H and L. */
export interface ParameterCount {
  readonly wordEmbeddings: number; // V·H
  readonly positionEmbeddings: number; // P·H
  readonly segmentEmbeddings: number; // 2·H
  /** Attention 4·H² and feed-forward 8·H² of each layer: L·12·H² where the intermediate size is 4·H. */
  readonly encoderWeights: number;
  readonly biases: number; // L·(4·H + I + H)
  readonly layerNorms: number; // 2·H each, two a layer and one over the embeddings
  readonly pooler: number; // H² + H
  readonly total: number;
}

/**
 * Counts the parameters of an encoder with its pooler, without a head.
 *
 * @example
 * parameterCount(presets.base).total; // 109_482_240: the paper's 110M
 */
export function parameterCount(config: BertConfig): ParameterCount {
  const {
    vocabularySize: V,
    maxPositions: P,
    segmentTypes: S,
    hiddenSize: H,
    layers: L,
    intermediateSize: I,
  } = config;
  const parts = {
    wordEmbeddings: V * H,
    positionEmbeddings: P * H,
    segmentEmbeddings: S * H,
    encoderWeights: L * (4 * H * H + 2 * H * I),
    biases: L * (4 * H + I + H),
    layerNorms: (2 * L + 1) * 2 * H,
    pooler: H * H + H,
  };
  return { ...parts, total: Object.values(parts).reduce((a, b) => a + b, 0) };
}

/** Floating-point operations on one token, a multiplication and an addition being two. */
export interface FlopCount {
  /** The matrices of the layers: 2·(4·H² + 2·H·I) each, whatever the length. */
  readonly linear: number;
  /** Each token with each: length·H multiply-adds for the scores and as many for the weighted sum, 4·length·H a layer. */
  readonly attention: number;
  readonly total: number;
}

/**
 * Counts the operations of the encoder on one token of a text of `length` tokens. What is linear in H (biases, norms,
 * activations, softmax) is left out, as is usual: it is less than 1 % of BASE's.
 *
 * @example
 * flopsPerToken(presets.base, 128).total; // 174_587_904, of which 4_718_592 are attention
 */
export function flopsPerToken(
  { hiddenSize: H, layers: L, intermediateSize: I }: BertConfig,
  length: number,
): FlopCount {
  const linear = L * 2 * (4 * H * H + 2 * H * I);
  const attention = L * 4 * length * H;
  return { linear, attention, total: linear + attention };
}
