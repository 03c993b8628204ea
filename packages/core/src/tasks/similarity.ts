/**
 * Similarity: texts ranked by how near their embeddings are to another's (the cosine of the angle between them).
 */
import type { TextInput } from "../encoding/encode.ts";
import { embed } from "./feature-extraction.ts";
import type { EmbedOptions } from "./feature-extraction.ts";
import { expectText, positive } from "./task.ts";
import type { TaskModel } from "./task.ts";

/** What is compared. */
export interface SimilarOptions extends Omit<EmbedOptions, "pooling" | "normalize"> {
  /** How many texts to report: all by default. */
  readonly top?: number | undefined;
  readonly pooling?: "mean" | "cls" | "pooler" | undefined;
}

/** A text and how near it is. */
export interface Similar {
  /** The text's place in the list that was given. */
  readonly index: number;
  readonly text: string;
  /** The cosine: 1 for the same direction, 0 for none in common, -1 for opposites. */
  readonly score: number;
}

/**
 * Ranks texts, the nearest first.
 *
 * @throws ClozeError `invalid-input`, `invalid-option`, and what the session throws.
 * @example
 * const [nearest] = await similar(bert, "How do I reset my password?", ["Opening hours", "A forgotten password"]);
 * nearest.text; // "A forgotten password"
 */
export async function similar(
  model: TaskModel,
  query: string | TextInput,
  texts: readonly string[],
  options: SimilarOptions = {},
): Promise<Similar[]> {
  const top = options.top === undefined ? texts.length : positive("top", options.top);
  for (const [i, text] of texts.entries()) expectText(text, `texts[${i}]`);
  const inputs = [typeof query === "string" ? { text: query } : query, ...texts.map((text) => ({ text }))];
  const [{ embedding: wanted }, ...others] = await embed(model, inputs, { ...options, normalize: true });
  return others
    .map(({ embedding }, index) => ({ index, text: texts[index], score: dot(wanted, embedding) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, top);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
