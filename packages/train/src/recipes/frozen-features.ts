/**
 * The features of a task's examples: the encoder is run over their rows, in batches of like length.
 */
import { batchByLength, ClozeError, throwIfAborted } from "@cloze/core";
import type { Progress, RunOptions, Session } from "@cloze/core";
import type { FeatureTable } from "../plugin/features.ts";
import type { PackedRows } from "./examples.ts";

/** What all vectors together may take. */
const MOST_BYTES = 2 ** 30;
/** Batches on their way at once: the next is ready when one ends. */
const IN_FLIGHT = 4;

/** @throws ClozeError `invalid-option` where the features of rows would take too much memory. */
export function expectRoom(rows: PackedRows, outputs: readonly string[], width: number): void {
  const bytes = 4 * (isOfTokens(outputs) ? rows.ids.length : rows.count) * width * outputs.length;
  if (bytes <= MOST_BYTES) return;
  throw new ClozeError(
    "invalid-option",
    `The features of ${rows.count} rows take ${(bytes / 2 ** 30).toFixed(1)} GiB, and 1 GiB is the most: set a limit of ` +
      "rows, or train all weights.",
    { field: "limit" },
  );
}

function isOfTokens([first]: readonly string[]): boolean {
  return first === "last_hidden_state";
}

/**
 * Runs rows through an encoder.
 *
 * @param outputs What of it is kept: vectors of whole rows, or one of every token.
 * @throws ClozeError `aborted`, and what the session throws.
 */
export async function featuresOfRows(
  session: Session,
  rows: PackedRows,
  outputs: readonly string[],
  padding: number,
  {
    signal,
    onProgress,
  }: Pick<RunOptions, "signal"> & { onProgress?: ((progress: Progress) => void) | undefined },
  width: number,
): Promise<FeatureTable> {
  const ofTokens = isOfTokens(outputs);
  const vectors = ofTokens ? rows.ids.length : rows.count;
  const columns = new Map(outputs.map((name) => [name, new Float32Array(vectors * width)]));
  const lengths = Array.from({ length: rows.count }, (_, row) => session.paddedLength(rows.length(row)));
  const batches = batchByLength(lengths, session.tokensPerRun);
  let next = 0;
  let done = 0;
  const runSome = async (): Promise<void> => {
    while (next < batches.length) {
      const batch = batches[next++];
      throwIfAborted(signal);
      const length = lengths[batch[batch.length - 1]];
      const results = await session.run(rows.collate(batch, length, padding), outputs);
      for (const [name, table] of columns)
        for (const [i, row] of batch.entries()) {
          const at = i * (ofTokens ? length : 1) * width;
          const size = (ofTokens ? rows.length(row) : 1) * width;
          table.set(results[name].data.subarray(at, at + size), (ofTokens ? rows.starts[row] : row) * width);
        }
      done += batch.length;
      onProgress?.({ done, total: rows.count });
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, runSome));
  } finally {
    next = batches.length; // where one failed, the others start no more
  }
  return { columns, width, starts: ofTokens ? rows.starts : undefined };
}
