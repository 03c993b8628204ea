/**
 * A probe: runs of a session whose rows depend on nothing but the model's sizes, for warming it up, for measuring it, and
 * for comparing what two of them compute.
 */
import type { Feeds, FloatTensor, RunOptions, Session } from "@cloze/core";

/** What of a model is probed. */
export interface Probe {
  /** The outputs that are asked for. */
  readonly outputs: readonly string[];
  readonly vocabularySize: number;
  readonly maxLength: number;
}

/** How long a probe took, and what came out, by output. */
export interface Probed {
  readonly ms: number;
  readonly results: readonly Readonly<Record<string, FloatTensor>>[];
}

/** What is measured, [batch, length]: a sentence, and a few paragraphs. */
const shapes = [
  [1, 32],
  [8, 64],
] as const;

const TIMES = 5;

/** Rows of random ids, full and half full in turns; the same each time. */
export function probeFeeds({ vocabularySize }: Probe, batch: number, length: number): Feeds {
  const dims = [batch, length];
  const size = batch * length;
  let random = 1;
  const next = (): number => (random = (random * 16_807) % 2_147_483_647); // Park and Miller, 1988
  const ids = Int32Array.from({ length: size }, () => next() % vocabularySize);
  const mask = Float32Array.from({ length: size }, (_, i) =>
    Math.floor(i / length) % 2 === 0 || i % length < length / 2 ? 1 : 0,
  );
  return {
    input_ids: { type: "int32", dims, data: ids },
    token_type_ids: { type: "int32", dims, data: new Int32Array(size) },
    attention_mask: { type: "float32", dims, data: mask },
  };
}

/**
 * Measures a session: of each shape the median of five runs, after one that compiles shaders; the sum, in ms.
 *
 * @throws What the session's runs throw.
 */
export async function measure(session: Session, probe: Probe, options: RunOptions = {}): Promise<Probed> {
  const results: Record<string, FloatTensor>[] = [];
  let ms = 0;
  for (const [batch, length] of shapes) {
    const run = () =>
      session.run(probeFeeds(probe, batch, Math.min(length, probe.maxLength)), probe.outputs, options);
    results.push(await run());
    const times: number[] = [];
    for (let i = 0; i < TIMES; i++) {
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
    }
    ms += times.sort((a, b) => a - b)[TIMES >> 1];
  }
  return { ms, results };
}

/**
 * The greatest difference between two probes' numbers, as a share of the greatest number of the same output; infinite
 * where one of them is not finite.
 */
export function difference(found: Probed, expected: Probed): number {
  let greatest = 0;
  for (const [i, outputs] of expected.results.entries())
    for (const [name, { data }] of Object.entries(outputs)) {
      const other = found.results[i][name].data;
      const size = data.reduce((most, x) => Math.max(most, Math.abs(x)), Number.MIN_VALUE);
      const apart = data.reduce((most, x, at) => Math.max(most, Math.abs(x - other[at])), 0);
      greatest = Math.max(greatest, Number.isFinite(apart) ? apart / size : Infinity);
    }
  return greatest;
}
