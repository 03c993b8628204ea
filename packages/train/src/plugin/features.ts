/**
 * What a head reads of many texts, computed once: an encoder that is not trained says the same at each epoch. How the
 * numbers are laid out, brought to one scale for training, and how a linear head takes that scale back.
 */
import { buildHead, namesOf } from "@cloze/core";
import type { AttachedHead, BertConfig, EmbedOptions, Operand, Predictor, TextInput } from "@cloze/core";
import type { Numbers } from "../train-step.ts";

/** Vectors of many rows: one a text, or one a token of it. */
export interface FeatureTable {
  /** By the encoder's outputs, in the order in which the head lays them side by side: vectors one behind the other. */
  readonly columns: Numbers;
  /** The numbers of a vector. */
  readonly width: number;
  /** Of a head on tokens: where each row's vectors begin, and at the end the number of vectors. */
  readonly starts?: Int32Array | undefined;
}

/** Which outputs of its encoder a head reads, in its order. */
export function outputsOf(config: BertConfig, head: AttachedHead): string[] {
  return namesOf(buildHead(config, head).inputs);
}

/** Runs texts through the encoder, and keeps what a head on whole texts reads. */
export async function computeFeatures(
  bert: Predictor,
  texts: readonly TextInput[],
  outputs: readonly string[],
  options: Pick<EmbedOptions, "maxLength" | "signal" | "onProgress">,
): Promise<FeatureTable> {
  const [first] = outputs;
  const layers = outputs.map((name) => Number(name.split(".")[1]));
  const wanted: EmbedOptions =
    first === "pooler_output"
      ? { pooling: "pooler" }
      : { pooling: first.startsWith("cls.") ? "cls" : "mean", layers };
  const vectors = await bert.embed(texts, { ...options, ...wanted });
  const width = bert.config.hiddenSize;
  const columns = new Map(outputs.map((name) => [name, new Float32Array(texts.length * width)]));
  for (const [i, { embedding }] of vectors.entries())
    for (const [nth, table] of [...columns.values()].entries())
      table.set(embedding.subarray(nth * width, (nth + 1) * width), i * width);
  return { columns, width };
}

/**
 * The vectors of some rows as the head's graph reads them: [rows, width], or of a head on tokens [rows, length, width],
 * filled up with zeros.
 */
export function featuresOf(
  { columns, width, starts }: FeatureTable,
  rows: readonly number[],
  length: number,
): Map<string, Operand> {
  const each = starts ? length : 1;
  const dims = starts ? [rows.length, length, width] : [rows.length, width];
  return new Map(
    [...columns].map(([name, table]) => {
      const data = new Float32Array(rows.length * each * width);
      for (const [i, row] of rows.entries()) {
        const [start, end] = starts ? [starts[row], starts[row + 1]] : [row, row + 1];
        data.set(table.subarray(start * width, end * width), i * each * width);
      }
      return [name, { dims, data }];
    }),
  );
}

/** How the numbers of one place in a vector are brought to mean 0 and deviation 1. */
export interface Standard {
  readonly mean: Float64Array;
  /** 1 for a place that never varies. */
  readonly deviation: Float64Array;
}

/** Mean and deviation of each place in vectors that lie one behind the other. */
export function standardOf(table: ArrayLike<number>, width: number): Standard {
  const count = table.length / width;
  // Summed from the first vector, so that a place that never varies has exactly its number for a mean.
  const mean = Float64Array.from({ length: width }, (_, i) => table[i]);
  const square = new Float64Array(width);
  for (let i = 0; i < table.length; i++) mean[i % width] += (table[i] - table[i % width]) / count;
  for (let i = 0; i < table.length; i++) square[i % width] += (table[i] - mean[i % width]) ** 2 / count;
  return { mean, deviation: square.map((x) => Math.sqrt(x) || 1) };
}

/** Brings vectors to a standard, in place. */
export function standardize(table: Float32Array, { mean, deviation }: Standard): void {
  const width = mean.length;
  for (let i = 0; i < table.length; i++) table[i] = (table[i] - mean[i % width]) / deviation[i % width];
}

/**
 * A linear layer on standardised vectors as one on the vectors as they are: W·(x - m)/s + b = (W/s)·x + (b - (W/s)·m).
 *
 * @param standards One an output, in the order in which the weight reads them.
 */
export function foldStandards(
  weight: Float32Array, // [labels, outputs · width]
  bias: Float32Array, // [labels]
  standards: readonly Standard[],
): { readonly weight: Float32Array; readonly bias: Float32Array } {
  const mean = standards.flatMap((one) => [...one.mean]);
  const deviation = standards.flatMap((one) => [...one.deviation]);
  const folded = weight.map((w, i) => w / deviation[i % mean.length]);
  const shifted = bias.map((b, label) => {
    let sum = b;
    for (let i = 0; i < mean.length; i++) sum -= (weight[label * mean.length + i] / deviation[i]) * mean[i];
    return sum;
  });
  return { weight: folded, bias: shifted };
}
