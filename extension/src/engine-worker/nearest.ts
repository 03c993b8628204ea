/**
 * Texts ranked by how near they are to another, as `similar` does; what was embedded before is not embedded again, so
 * that a document costs once, and after an edit what was edited.
 */
import { ClozeError } from "@cloze/core";
import type { Embedding, RunOptions, Similar } from "@cloze/core";
import type { Opened } from "./open.ts";

/** Texts that are remembered: six megabytes of vectors with 384 numbers each, and at most as many of text. */
const CAPACITY = 4096;
const LONGEST = 1000;

/** By their text, those asked for last at the end. An engine has one model, so this is of it. */
const known = new Map<string, Embedding>();

export async function nearest(
  { bert }: Pick<Opened, "bert">,
  { query, texts, top }: { query: string; texts: readonly string[]; top?: number | undefined },
  run: RunOptions,
): Promise<Similar[]> {
  if (top !== undefined && !(Number.isInteger(top) && top > 0))
    throw new ClozeError("invalid-option", `top should be a positive whole number, but is ${top}.`, {
      field: "top",
    });
  const all = new Map([query, ...texts].map((text) => [text, known.get(text)])); // others may push them out meanwhile
  const unseen = [...all.keys()].filter((text) => !all.get(text));
  const embedded = await bert.embed(
    unseen.map((text) => ({ text })),
    { ...run, normalize: true },
  );
  for (const [i, text] of unseen.entries()) all.set(text, embedded[i]);
  const find = (text: string): Embedding => all.get(text)!;
  const wanted = find(query);
  const ranked = texts
    .map((text, index) => {
      const { embedding, truncated = wanted.truncated } = find(text);
      return { index, text, score: dot(wanted.embedding, embedding), ...(truncated && { truncated }) };
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, top);
  for (const text of [query, ...texts]) remember(text, find(text));
  return ranked;
}

function remember(text: string, embedding: Embedding): void {
  if (text.length > LONGEST) return;
  known.delete(text);
  known.set(text, embedding);
  if (known.size > CAPACITY) known.delete(known.keys().next().value!);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
