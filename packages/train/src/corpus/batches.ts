/**
 * Examples to what a train step reads: rows of like length in micro-batches, padded, with labels and weights.
 */
import { CAUSAL_BIAS } from "@cloze/core";
import type { Feeds, FloatTensor, IntegerTensor } from "@cloze/core";
import type { Batch } from "../train-step.ts";
import type { Examples } from "./examples.ts";

/**
 * What is predicted: masked words and whether the second segment follows, masked words alone, or at each place the
 * next token (left to right).
 */
export type Objective = "mlm+nsp" | "mlm" | "ltr";

const MULTIPLE = 8;

/** An example of a batch. */
export interface Row {
  readonly examples: Examples;
  readonly example: number;
  /** Its tokens. */
  readonly length: number;
  /** Its predictions. */
  readonly masks: number;
}

/** How rows become feeds. */
export interface BatchOptions {
  readonly objective: Objective;
  readonly pad: number;
  /** Tokens of a micro-batch at most, padding included; one row at least. */
  readonly microTokens: number;
  /** Tokens and predictions of a row at most. */
  readonly length: number;
  readonly masks: number;
  /** Pads to these, rather than to the longest row in eights and to the most predictions. */
  readonly full: boolean;
}

/** One example as a row. */
export function rowOf(examples: Examples, example: number, objective: Objective): Row {
  const length = examples.length(example);
  const { maskStarts } = examples;
  const masks = objective === "ltr" ? length - 1 : maskStarts[example + 1] - maskStarts[example];
  return { examples, example, length, masks };
}

/** A batch of rows. The weights of each loss sum to 1 over all of it: masks count alike, and pairs. */
export function makeBatch(rows: readonly Row[], options: BatchOptions): Batch {
  const { microTokens, full } = options;
  const sorted = rows.toSorted((one, other) => other.length - one.length);
  const masks = rows.reduce((sum, row) => sum + row.masks, 0);
  const weights = { mask: masks === 0 ? 0 : 1 / masks, pair: 1 / rows.length };
  const feeds: Feeds[] = [];
  for (let first = 0, count = 0; first < sorted.length; first += count) {
    const longest = Math.ceil(sorted[first].length / MULTIPLE) * MULTIPLE;
    const length = full ? options.length : Math.min(options.length, longest);
    count = Math.max(1, Math.floor(microTokens / length));
    const micro = sorted.slice(first, first + count);
    const width = full ? options.masks : Math.max(1, ...micro.map((row) => row.masks));
    feeds.push(makeFeeds(micro, length, width, weights, options));
  }
  return { feeds, tokens: rows.reduce((sum, row) => sum + row.length, 0) };
}

function makeFeeds(
  rows: readonly Row[],
  length: number,
  width: number,
  weights: { readonly mask: number; readonly pair: number },
  { objective, pad }: BatchOptions,
): Feeds {
  const batch = rows.length;
  const ids = new Int32Array(batch * length).fill(pad);
  const types = new Int32Array(batch * length);
  const attention = new Float32Array(batch * length);
  const positions = new Int32Array(batch * width);
  const labels = new Int32Array(batch * width);
  const maskWeights = new Float32Array(batch * width);
  const random = new Int32Array(batch);
  for (const [nth, { examples, example, length: tokens, masks }] of rows.entries()) {
    const start = examples.starts[example];
    const at = nth * length;
    ids.set(examples.ids.subarray(start, start + tokens), at);
    types.fill(1, at + examples.firsts[example], at + tokens);
    attention.fill(1, at, at + tokens);
    const to = nth * width;
    maskWeights.fill(weights.mask, to, to + masks);
    random[nth] = examples.random[example];
    if (objective === "ltr") {
      for (let place = 0; place < masks; place++) positions[to + place] = place;
      labels.set(examples.ids.subarray(start + 1, start + tokens), to);
    } else {
      const from = examples.maskStarts[example];
      positions.set(examples.positions.subarray(from, from + masks), to);
      labels.set(examples.labels.subarray(from, from + masks), to);
    }
  }
  return {
    input_ids: integers([batch, length], ids),
    token_type_ids: integers([batch, length], types),
    attention_mask: floats([batch, length], attention),
    masked_positions: integers([batch, width], positions),
    "masked-lm.labels": integers([batch, width], labels),
    "masked-lm.weights": floats([batch, width], maskWeights),
    ...(objective === "mlm+nsp" && {
      "next-sentence.labels": integers([batch], random),
      "next-sentence.weights": floats([batch], new Float32Array(batch).fill(weights.pair)),
    }),
    ...(objective === "ltr" && { [CAUSAL_BIAS]: causalBias(length) }),
  };
}

const HIDDEN = -10_000;

/** What keeps each token from seeing those after it: [length, length], 0 where the column is not after the row. */
export function causalBias(length: number): FloatTensor {
  const bias = new Float32Array(length * length);
  for (let row = 0; row < length; row++) bias.fill(HIDDEN, row * length + row + 1, (row + 1) * length);
  return floats([length, length], bias);
}

function integers(dims: readonly number[], data: Int32Array): IntegerTensor {
  return { type: "int32", dims, data };
}

function floats(dims: readonly number[], data: Float32Array): FloatTensor {
  return { type: "float32", dims, data };
}
