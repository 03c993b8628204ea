/**
 * Reads what the Python scripts beside this file wrote: `expected.json` of checkpoints and of the starter.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

export interface Case {
  readonly name: string;
  readonly items: readonly { readonly text: string; readonly pair?: string }[];
  readonly input_ids: readonly (readonly number[])[];
  readonly token_type_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly offsets: readonly (readonly (readonly [number, number])[])[];
  readonly step?: number;
  /** Where `prediction_logits` are from: [batch][n]. */
  readonly positions?: readonly (readonly number[])[];
  /** The starter's: of each [MASK] the ten best pieces. */
  readonly masks?: readonly {
    readonly row: number;
    readonly position: number;
    readonly ids: readonly number[];
    readonly logits: Packed;
    readonly logsumexp: Packed;
  }[];
  readonly outputs: Readonly<Record<string, Packed>>;
}

export interface Packed {
  readonly shape: readonly number[];
  readonly data: string;
}

export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

export function readCases(file: string): Case[] {
  return (JSON.parse(readFileSync(fixturePath(file), "utf8")) as { readonly cases: Case[] }).cases;
}

/** A fixture that is one JSON value; gzipped where its name says so. */
export function readFixture(name: string): unknown {
  const bytes = readFileSync(fixturePath(name));
  return JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
}

/** float32, little-endian, base64. */
export function unpack({ data }: Packed): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  return new Float32Array(bytes.buffer);
}

/**
 * The largest difference over the rows of real tokens of two tensors [batch, length, width].
 *
 * @param mask [batch][length]: 1 for a real token. Padding is left out.
 */
export function largestDifference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  mask: readonly (readonly number[])[],
  width: number,
): number {
  let largest = actual.length === expected.length ? 0 : Infinity;
  for (const [row, real] of mask.flat().entries()) {
    if (real === 0) continue;
    for (let i = row * width; i < (row + 1) * width; i++)
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
  }
  return largest;
}
