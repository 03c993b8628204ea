/**
 * How far a long job is: one line on stderr that is written over, and nothing where nobody looks.
 */
import type { Io } from "./io.ts";

export class Progress {
  readonly #total: number | undefined;
  readonly #what: string;
  readonly #io: Io;
  readonly #start = performance.now();

  /** @param total How much there is, where that is known. */
  constructor(total: number | undefined, what: string, io: Io) {
    this.#total = total;
    this.#what = what;
    this.#io = io;
  }

  async show(done: number): Promise<void> {
    if (!this.#io.stderr.isTTY) return;
    const total = this.#total;
    const rate = done / this.#seconds();
    const text =
      total === undefined
        ? `${done} ${this.#what}, ${rate.toFixed(1)}/s`
        : `${done} of ${total} ${this.#what}, ${rate.toFixed(1)}/s, ${Math.ceil((total - done) / rate)} s left`;
    await this.#io.stderr.write(`\r\u001B[K${text}`);
  }

  /** Takes the line away. Returns the seconds since the start. */
  async end(): Promise<number> {
    const seconds = this.#seconds();
    if (this.#io.stderr.isTTY) await this.#io.stderr.write("\r\u001B[K");
    return seconds;
  }

  #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }
}
