/**
 * Counting the words of files, in as many threads as there are cores. What text becomes of a file is left to
 * `blocks.ts`, what a word is to the table.
 */
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ClozeError } from "@cloze/core";
import { explainUnread, type Extent, isGzip } from "./blocks.ts";
import type { CountOrder, CountReport } from "./count-thread.ts";
import { type WordOptions, WordTable } from "./word-table.ts";

/** How files are counted. */
export interface CountOptions extends WordOptions {
  /** Default: one a core, at most 8. */
  readonly threads?: number | undefined;
  /** Told how many bytes of the files, as they lie on the disk, have been read, and of how many. */
  readonly onProgress?: ((bytes: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Files that are not packed are counted in ranges of so many bytes. */
const RANGE = 1 << 24;

/**
 * Counts the words of UTF-8 texts, packed with gzip where the name ends in `.gz`. The counts do not depend on the
 * order of the files or on the threads; memory grows with the distinct words, once a thread.
 *
 * @throws {ClozeError} `not-found` and `invalid-input`, naming the file that cannot be read, is not UTF-8 or is not
 * gzip; `aborted`.
 * @example
 * const words = await countFiles(["novels.txt", "manuals.txt.gz"]);
 * const vocabulary = trainVocabulary(words);
 */
export async function countFiles(files: readonly string[], options: CountOptions = {}): Promise<WordTable> {
  const { cased, signal, threads = Math.min(availableParallelism(), 8) } = options;
  if (!Number.isInteger(threads) || threads < 1)
    throw new ClozeError("invalid-option", `threads should be a whole number from 1, not ${threads}.`, {
      field: "threads",
    });
  const extents = (await Promise.all(files.map(cutToExtents))).flat();
  extents.sort((one, other) => other.end - other.start - (one.end - one.start)); // the longest are not left to the end
  const total = extents.reduce((sum, { start, end }) => sum + end - start, 0);
  let read = 0;
  const onRead = (bytes: number): void => options.onProgress?.((read += bytes), total);
  const table = new WordTable({ cased });
  const workers = Array.from(
    { length: Math.min(threads, extents.length) },
    () => new Worker(new URL("./count-thread.js", import.meta.url), { workerData: { cased } }),
  );
  try {
    await Promise.all(workers.map((worker) => runThread(worker, extents, table, onRead, signal)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return table;
}

async function cutToExtents(file: string): Promise<Extent[]> {
  const { size: bytes } = await stat(file).catch((error: unknown) => {
    throw explainUnread(error, file);
  });
  const range = isGzip(file) ? Math.max(1, bytes) : RANGE;
  return Array.from({ length: Math.ceil(bytes / range) }, (_, nth) => ({
    file,
    start: nth * range,
    end: Math.min(bytes, (nth + 1) * range),
  }));
}

/** Feeds one thread until no extent is left, and adds its words to the table. */
function runThread(
  worker: Worker,
  extents: Extent[],
  table: WordTable,
  onRead: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void =>
      reject(new ClozeError("aborted", "Counting was stopped.", { cause: signal?.reason }));
    if (signal?.aborted) return abort();
    signal?.addEventListener("abort", abort, { once: true });
    worker.on("message", (report: CountReport) => {
      if (report.kind === "ready") send(worker, extents.shift() ?? "end");
      else if (report.kind === "read") onRead(report.bytes);
      else if (report.kind === "words") {
        table.merge(report.words);
        signal?.removeEventListener("abort", abort);
        resolve();
      } else {
        const { code, message, field } = report;
        reject(new ClozeError(code, message, field === undefined ? {} : { field }));
      }
    });
    worker.once("error", reject);
  });
}

function send(worker: Worker, order: CountOrder): void {
  worker.postMessage(order, []);
}
