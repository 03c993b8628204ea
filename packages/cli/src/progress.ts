/**
 * How far a long job is: one line on stderr that is written over, and nothing where nobody looks.
 */
import type { Io } from "./io.ts";

export class Progress {
  readonly #total: number;
  readonly #what: string;
  readonly #io: Io;
  readonly #start = performance.now();

  constructor(total: number, what: string, io: Io) {
    this.#total = total;
    this.#what = what;
    this.#io = io;
  }

  async show(done: number): Promise<void> {
    if (!this.#io.stderr.isTTY) return;
    const rate = done / this.#seconds();
    const left = Math.ceil((this.#total - done) / rate);
    const text = `${done} of ${this.#total} ${this.#what}, ${rate.toFixed(1)}/s, ${left} s left`;
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
