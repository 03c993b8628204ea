/**
 * A small pre-training task that always is the same: what the tests of steps train.
 */
import { parsePlugin, presets } from "@cloze/core";
import type { AttachedHead, BertConfig, Feeds } from "@cloze/core";
import { buildTrainingGraph } from "@cloze/train";

const rates = { hidden: 0.1, attention: 0.1, classifier: 0.1 };
const none = { hidden: 0, attention: 0, classifier: 0 };

const sizes: Omit<BertConfig, "dropout"> = {
  ...presets.tiny,
  vocabularySize: 200,
  hiddenSize: 32,
  heads: 2,
  intermediateSize: 64,
  maxPositions: 32,
};

const head = (kind: string, scope: string, more: object): AttachedHead => ({
  ...parsePlugin(JSON.stringify({ name: kind, kind, ...more })),
  scope,
});

export function tinyGraph(dropout: boolean) {
  const heads = [
    head("masked-lm", "cls.predictions", { features: "hidden" }),
    head("next-sentence", "cls.seq_relationship", { labels: ["next", "random"], features: "pooler" }),
  ];
  return buildTrainingGraph({ config: { ...sizes, dropout: dropout ? rates : none }, heads });
}

const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const whole = (dims: readonly number[], make: (i: number) => number) =>
  ({ type: "int32", dims, data: Int32Array.from({ length: size(dims) }, (_, i) => make(i)) }) as const;
const real = (dims: readonly number[], make: (i: number) => number) =>
  ({ type: "float32", dims, data: Float32Array.from({ length: size(dims) }, (_, i) => make(i)) }) as const;

/** Rows `from` to `to` of eight. */
export function tinyFeeds(from = 0, to = 8): Feeds {
  const rows = to - from;
  const [length, masks] = [24, 4];
  return {
    input_ids: whole([rows, length], (i) => ((i + from * length) * 37 + 5) % 200),
    token_type_ids: whole([rows, length], (i) => Number(i % length > 12)),
    attention_mask: real([rows, length], (i) => Number(i % length < 22)),
    masked_positions: whole([rows, masks], (i) => 1 + 3 * (i % masks)),
    "masked-lm.labels": whole([rows, masks], (i) => ((i + from * masks) * 91) % 200),
    "masked-lm.weights": real([rows, masks], () => 1 / (8 * masks)),
    "next-sentence.labels": whole([rows], (i) => (i + from) % 2),
    "next-sentence.weights": real([rows], () => 1 / 8),
  };
}
