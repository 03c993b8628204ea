/**
 * Similarity: texts ranked by how near their embeddings are to another's (the cosine of the angle between them).
 */
import type { TextInput } from "../encoding/encode.ts";
import { ClozeError } from "../errors.ts";
import { embed } from "./feature-extraction.ts";
import type { EmbedOptions, Pooling } from "./feature-extraction.ts";
import { expectText, expectTextInput, positive } from "./task.ts";
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
  /** Present when the text, or the one that it is compared with, was longer than the model takes. */
  readonly truncated?: true;
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
  const top = options.top === undefined ? undefined : positive("top", options.top);
  if ((options.pooling as Pooling | undefined) === "none")
    throw new ClozeError("invalid-option", "Texts are compared by one vector each: pool them.", {
      field: "pooling",
    });
  const asked = typeof query === "string" ? { text: query } : query;
  expectTextInput(asked, "query.");
  if (!Array.isArray(texts))
    throw new ClozeError("invalid-input", "texts should be a list of texts.", { field: "texts" });
  for (const [i, text] of texts.entries()) expectText(text, `texts[${i}]`);
  const inputs = [asked, ...texts.map((text) => ({ text }))];
  const [wanted, ...others] = await embed(model, inputs, { ...options, normalize: true });
  return others
    .map(({ embedding, truncated = wanted.truncated }, index) => ({
      index,
      text: texts[index],
      score: dot(wanted.embedding, embedding),
      ...(truncated && { truncated }),
    }))
    .sort((a, b) => b.score - a.score)
    .slice(0, top);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
