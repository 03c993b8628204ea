/**
 * A session for tests: its numbers tell which ids and which row they came from, and its runs can be held up; and requests
 * for it.
 */
import { MASKED_POSITIONS } from "@cloze/core";
import type { Feeds, FloatTensor, Session } from "@cloze/core";
import type { Job } from "./job.ts";

export class FakeSession implements Session {
  readonly tokensPerRun = 1024;
  readonly outputs = ["label", "tokens", "masks"];
  /** [rows, length] and the outputs of each run. */
  readonly runs: { readonly dims: readonly number[]; readonly outputs: readonly string[] }[] = [];
  /** Awaited by every run before it answers. */
  gate: () => Promise<void> = async () => {};

  /** Holds runs up until the function that it gives is called. */
  hold(): () => void {
    const held = new AbortController();
    this.gate = () =>
      new Promise((resolve) => {
        if (held.signal.aborted) resolve();
        held.signal.addEventListener("abort", () => resolve());
      });
    return () => held.abort();
  }

  paddedLength(length: number): number {
    return 16 * Math.ceil(length / 16);
  }

  /**
   * `label` is [sum of a row's unmasked ids, number of unmasked tokens]; `tokens` is [id, segment] for each token;
   * `masks` is the place of each mask.
   */
  async run(feeds: Feeds, outputs: readonly string[]) {
    const { input_ids, token_type_ids, attention_mask } = feeds;
    const [rows, length] = input_ids.dims;
    this.runs.push({ dims: input_ids.dims, outputs });
    await this.gate();
    const label = new Float32Array(2 * rows);
    const tokens = new Float32Array(2 * rows * length);
    for (let i = 0; i < rows * length; i++) {
      const row = Math.floor(i / length);
      label[2 * row] += input_ids.data[i] * attention_mask.data[i];
      label[2 * row + 1] += attention_mask.data[i];
      tokens[2 * i] = input_ids.data[i];
      tokens[2 * i + 1] = token_type_ids.data[i];
    }
    const masks = MASKED_POSITIONS in feeds ? feeds[MASKED_POSITIONS] : { dims: [rows, 0], data: [] };
    const all: Record<string, FloatTensor> = {
      masks: { type: "float32", dims: masks.dims, data: Float32Array.from(masks.data) },
      label: { type: "float32", dims: [rows, 2], data: label },
      tokens: { type: "float32", dims: [rows, length, 2], data: tokens },
    };
    return Object.fromEntries(outputs.map((name) => [name, all[name]]));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** What FakeSession's outputs are items of. */
export const fakeShapes = new Map([
  ["label", ["batch", 2]],
  ["tokens", ["batch", "length", 2]],
  ["masks", ["batch", "masks"]],
] as const);

/** Rows of tokens that are all `id`. */
export function fakeJob(id: number, { rows = 1, length = 4, ...over }: Partial<Job> = {}): Job {
  const numbers = (value: number) => new Int32Array(rows * length).fill(value);
  return {
    rows,
    length,
    ids: numbers(id),
    segments: numbers(0),
    mask: numbers(1),
    positions: { count: 0, data: new Int32Array(0) },
    outputs: ["label"],
    ...over,
  };
}
