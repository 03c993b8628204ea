/**
 * Text classification: a label, or a number, for a text or a pair of texts.
 */
import type { TextInput } from "../encoding/encode.ts";
import { ClozeError } from "../errors.ts";
import { decodeScores, scoreFunction, scoreFunctions } from "../heads/sequence.ts";
import type { ScoreFunction } from "../heads/sequence.ts";
import type { Plugin } from "../plugin.ts";
import type { RunOptions } from "../session.ts";
import { encodeTexts, expectShape, positive, runBatches } from "./task.ts";
import type { TaskModel } from "./task.ts";

/** How texts are classified. */
export interface ClassifyOptions extends RunOptions {
  /** How many labels to report, best first; all by default. */
  readonly top?: number | undefined;
  /** Overrides the function from logits to scores; by default the one that the head was trained with. */
  readonly function?: ScoreFunction | undefined;
  /** Tokens, specials included; by default all that the model takes. */
  readonly maxLength?: number | undefined;
}

/** What a head with labels gives. */
export interface LabelScores {
  readonly label: string;
  readonly score: number;
  /** One a label, best first; but JavaScript lists labels that look like whole numbers before all others. */
  readonly scores: Readonly<Record<string, number>>;
  /** Present when the text was longer than the model takes. */
  readonly truncated?: true;
  readonly value?: never;
}

/** What a regression head gives: a number in place of labels. */
export interface RegressionValue {
  readonly value: number;
  readonly label?: never;
  readonly score?: never;
  readonly scores?: never;
  readonly truncated?: true;
}

/** A label or a number: which of them is the head's matter. */
export type Classification = LabelScores | RegressionValue;

/**
 * Classifies texts with one head.
 *
 * @returns One result an input, in order.
 * @throws ClozeError `invalid-input`, `invalid-option`, and what the session throws.
 * @example
 * const [{ label }] = await classify(bert, plugin, [{ text: "a warm , funny film" }]); // "positive"
 */
export async function classify(
  model: TaskModel,
  plugin: Plugin,
  inputs: readonly TextInput[],
  options: ClassifyOptions = {},
): Promise<Classification[]> {
  const top = positive("top", options.top ?? plugin.labels.length);
  const apply = options.function ?? scoreFunction(plugin.kind, plugin.labels.length);
  if (!scoreFunctions.includes(apply))
    throw new ClozeError("invalid-option", `function should be one of ${scoreFunctions.join(", ")}.`, {
      field: "function",
    });
  const encodings = encodeTexts(model, inputs, options.maxLength);

  const results = new Array<Classification>(inputs.length);
  await runBatches(model, encodings, [plugin.name], options, (i, [row]) => {
    expectShape(plugin, row);
    const scores = decodeScores(row.data, apply);
    const result = plugin.kind === "regression" ? { value: scores[0] } : rank(plugin.labels, scores, top);
    results[i] = encodings[i].truncated ? { ...result, truncated: true } : result;
  });
  return results;
}

function rank(labels: readonly string[], scores: Float64Array, top: number): LabelScores {
  const order = labels.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const [first] = order;
  return {
    label: labels[first],
    score: scores[first],
    scores: Object.fromEntries(order.slice(0, top).map((i) => [labels[i], scores[i]])),
  };
}
