/**
 * Batches of one length for the first steps and of another for the last: 90 % at 128 tokens, then 512 (Devlin et al.,
 * 2018, A.2), since attention costs the square of the length and positions beyond 128 are learnt soon.
 */
import type { Batch, DataSource, Json } from "../train-step.ts";

/** One source of batches after the other. The second begins where an epoch of the first would have. */
export class PhasedData implements DataSource {
  readonly #first: DataSource;
  readonly #second: DataSource;
  readonly #change: number;
  #batches = 0;

  /** @param change After how many batches the second begins. */
  constructor(first: DataSource, second: DataSource, change: number) {
    this.#first = first;
    this.#second = second;
    this.#change = change;
  }

  get epoch(): number {
    return this.#last.epoch;
  }

  async next(): Promise<Batch> {
    if (this.#batches === this.#change && this.#change > 0)
      await this.#second.seek({ epoch: Math.ceil(this.#first.epoch), window: 0, example: 0 });
    const batch = await this.#current.next();
    this.#batches++;
    return batch;
  }

  position(): Json {
    return { batches: this.#batches, at: this.#last.position() };
  }

  async seek(position: Json): Promise<void> {
    const { batches, at } = position as { readonly batches: number; readonly at: Json };
    this.#batches = batches;
    await this.#last.seek(at);
  }

  /** The source of the next batch. */
  get #current(): DataSource {
    return this.#batches < this.#change ? this.#first : this.#second;
  }

  /** The source of the last batch: where it is says how far all is, and where the other begins. */
  get #last(): DataSource {
    return this.#batches <= this.#change && this.#change > 0 ? this.#first : this.#second;
  }
}
