/** Heads in memory by the hash of their file, the one used last kept longest: an isolate has 128 MB for everything. */
import type { HeadWeights } from "@cloze/core";

/** Bytes of weights that are kept. */
const ROOM = 2 ** 25;

export class HeadCache {
  readonly #heads = new Map<string, HeadWeights>(); // in the order of their use
  #bytes = 0;

  get(sha256: string): HeadWeights | undefined {
    const head = this.#heads.get(sha256);
    if (head) {
      this.#heads.delete(sha256);
      this.#heads.set(sha256, head);
    }
    return head;
  }

  set(sha256: string, head: HeadWeights): void {
    if (this.get(sha256)) return;
    this.#heads.set(sha256, head);
    this.#bytes += bytesOf(head);
    for (const [oldest, other] of this.#heads) {
      if (this.#bytes <= ROOM || oldest === sha256) break;
      this.#heads.delete(oldest);
      this.#bytes -= bytesOf(other);
    }
  }
}

/** As numbers in memory, which are float32 whatever the file has. */
function bytesOf({ weights }: HeadWeights): number {
  let bytes = 0;
  for (const { data } of weights.values()) bytes += 4 * data.length;
  return bytes;
}
