/**
 * A thread that counts words: it takes one extent after the other, and sends its table at the end.
 */
import { parentPort, workerData } from "node:worker_threads";
import { ClozeError } from "@cloze/core";
import { type Extent, readBlocks } from "./blocks.ts";
import { type PackedWords, WordTable, type WordOptions } from "./word-table.ts";

/** What a thread is sent: an extent to count, or nothing more. */
export type CountOrder = Extent | "end";

/** What it answers: that it wants an extent, how many bytes it has read since, its words, or what went wrong. */
export type CountReport =
  | { readonly kind: "ready" }
  | { readonly kind: "read"; readonly bytes: number }
  | { readonly kind: "words"; readonly words: PackedWords }
  | {
      readonly kind: "failed";
      readonly code: ClozeError["code"];
      readonly message: string;
      readonly field?: string | undefined;
    };

const port = parentPort!;
const table = new WordTable(workerData as WordOptions);

const report = (message: CountReport, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

async function count(extent: Extent): Promise<void> {
  for await (const text of readBlocks(extent, (bytes) => report({ kind: "read", bytes }))) table.read(text);
}

port.on("message", (order: CountOrder) => {
  if (order === "end") {
    const words = table.pack();
    report({ kind: "words", words }, [words.units.buffer, words.ends.buffer, words.counts.buffer]);
    port.close();
    return;
  }
  count(order).then(
    () => report({ kind: "ready" }),
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof ClozeError)
        report({ kind: "failed", code: error.code, message, field: error.field });
      else report({ kind: "failed", code: "internal", message });
    },
  );
});
report({ kind: "ready" });
