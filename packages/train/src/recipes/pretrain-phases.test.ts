import { expect, test } from "vitest";
import type { Batch, DataSource, Json } from "../train-step.ts";
import { PhasedData } from "./pretrain-phases.ts";

/** Four batches an epoch, each telling where it is from by its tokens. */
class Counter implements DataSource {
  #at = 0;
  readonly #base: number;
  constructor(base: number) {
    this.#base = base;
  }
  get epoch(): number {
    return this.#at / 4;
  }
  async next(): Promise<Batch> {
    return { feeds: [], tokens: this.#base + this.#at++ };
  }
  position(): Json {
    return { epoch: Math.floor(this.#at / 4), window: 0, example: this.#at % 4 };
  }
  async seek(position: Json): Promise<void> {
    const { epoch, example } = position as { readonly epoch: number; readonly example: number };
    this.#at = 4 * epoch + example;
  }
}

const source = () => new PhasedData(new Counter(0), new Counter(100), 5);
async function take(data: DataSource, count: number): Promise<number[]> {
  const taken: number[] = [];
  for (let nth = 0; nth < count; nth++) taken.push((await data.next()).tokens);
  return taken;
}

test("the second source begins after so many batches, in the epoch after the first one's", async () => {
  expect(await take(source(), 8)).toEqual([0, 1, 2, 3, 4, 108, 109, 110]);
});

test("from each position what comes is what would have come", async () => {
  const all = await take(source(), 9);
  for (let at = 0; at < 9; at++) {
    const before = source();
    await take(before, at);
    const data = source();
    await data.seek(before.position());
    expect(await take(data, 9 - at)).toEqual(all.slice(at));
  }
});

test("without batches of the first, the second is all", async () => {
  const data = new PhasedData(new Counter(0), new Counter(100), 0);
  expect(await take(data, 2)).toEqual([100, 101]);
  expect(data.position()).toEqual({ batches: 2, at: { epoch: 0, window: 0, example: 2 } });
});

test("how often all has been seen never goes back", async () => {
  const data = source();
  const epochs: number[] = [];
  for (let nth = 0; nth < 7; nth++) {
    await data.next();
    epochs.push(data.epoch);
  }
  expect(epochs).toEqual([0.25, 0.5, 0.75, 1, 1.25, 2.25, 2.5]);
});
