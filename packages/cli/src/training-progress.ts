/**
 * How a training goes: one line on a terminal that is written over, and above it what is to stay; elsewhere only that.
 */
import type { Io } from "./io.ts";
import { duration, fit, grouped, size } from "./style.ts";

/** An update, as a trainer tells it. */
export interface TrainingReport {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly tokensPerSecond: number;
  /** Of the machine's peak. */
  readonly share?: number;
  readonly secondsLeft: number;
  readonly warning?: string;
}

/** The line is written anew so often at most, in milliseconds. */
const PAUSE = 100;
/** How much of the figures so far stays in those that are shown. */
const KEPT = 0.9;

export class TrainingProgress {
  readonly #io: Io;
  #written = 0;
  #smooth: Map<string, number> = new Map();
  #last: Promise<void> = Promise.resolve();

  constructor(io: Io) {
    this.#io = io;
  }

  /** How much of some files is done. */
  showBytes(what: string, bytes: number, total: number): void {
    this.#show([`${what}: ${size(bytes)} of ${size(total)}`], bytes >= total);
  }

  showStep(report: TrainingReport): void {
    const { step, steps, loss, losses, tokensPerSecond, share, secondsLeft, warning } = report;
    if (warning !== undefined) this.say(warning);
    const mean = this.#mean;
    const parts = Object.entries(losses).map(([name, value]) => [name, mean(name, value)] as const);
    const [all, speed, reached] = [
      mean("loss", loss),
      mean("speed", tokensPerSecond),
      mean("share", share ?? 0),
    ];
    const named = parts.map(([name, value]) => `${name} ${value.toFixed(3)}`).join(", ");
    const bare = parts.map(([, value]) => value.toFixed(3)).join(" + ");
    const peak = share === undefined ? "" : `, ${Math.round(100 * reached)} % of peak`;
    const line = (of: string): string =>
      `step ${grouped(step)} of ${grouped(steps)}: loss ${all.toFixed(3)}${of}, ` +
      `${grouped(Math.round(speed))} tokens/s${peak}, ${duration(secondsLeft)} left`;
    this.#show(
      parts.length < 2 ? [line("")] : [line(` (${named})`), line(` (${bare})`), line("")],
      step === steps,
    );
  }

  /** Says a sentence that stays. */
  say(sentence: string): void {
    this.#write(`${this.#io.stderr.isTTY ? CLEAR : ""}${sentence}\n`);
  }

  /** Takes the line away. */
  async end(): Promise<void> {
    if (this.#io.stderr.isTTY) this.#write(CLEAR);
    await this.#last;
  }

  readonly #mean = (name: string, value: number): number => {
    const before = this.#smooth.get(name) ?? value;
    const mean = KEPT * before + (1 - KEPT) * value;
    this.#smooth.set(name, mean);
    return mean;
  };

  /** Shows the first of the texts that fits. */
  #show(texts: readonly string[], last: boolean): void {
    const { isTTY, columns } = this.#io.stderr;
    const now = performance.now();
    if (!isTTY || (!last && now - this.#written < PAUSE)) return;
    this.#written = now;
    const text = texts.find(({ length }) => length < columns) ?? texts[texts.length - 1];
    this.#write(`${CLEAR}${fit(text, columns - 1)}`);
  }

  #write(text: string): void {
    this.#last = this.#io.stderr.write(text);
  }
}

/** To the line's front, and nothing on it. */
const CLEAR = "\r\u001B[K";
