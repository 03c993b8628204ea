/**
 * Curves of a log of any length: what is added is averaged over neighbours once there are too many points for a chart.
 */

/** Points that are drawn at most; the least is half of it. */
const MOST = 1024;

/** Neighbouring lines of a log: the sum and the count of each column. */
interface Point {
  step: number;
  lines: number;
  readonly sums: number[];
  readonly counts: number[];
}

/** Columns over steps. What is not a number leaves a gap. */
export class Curves {
  readonly names: string[] = [];
  readonly #points: Point[] = [];
  /** Lines that make a point. */
  #lines = 1;

  add(step: number, values: Readonly<Record<string, unknown>>): void {
    let point = this.#points.at(-1);
    if (point === undefined || point.lines === this.#lines) {
      if (this.#points.length === MOST) this.#halve();
      point = { step, lines: 0, sums: [], counts: [] };
      this.#points.push(point);
    }
    point.step = step;
    point.lines++;
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== "number" && value !== null) continue;
      let column = this.names.indexOf(name);
      if (column < 0) column = this.names.push(name) - 1;
      if (value === null) continue;
      point.sums[column] = (point.sums[column] ?? 0) + value;
      point.counts[column] = (point.counts[column] ?? 0) + 1;
    }
  }

  #halve(): void {
    for (let i = 0; i < MOST / 2; i++) {
      const [one, next] = [this.#points[2 * i], this.#points[2 * i + 1]];
      this.#points[i] = {
        step: next.step,
        lines: one.lines + next.lines,
        sums: this.names.map((_, column) => (one.sums[column] ?? 0) + (next.sums[column] ?? 0)),
        counts: this.names.map((_, column) => (one.counts[column] ?? 0) + (next.counts[column] ?? 0)),
      };
    }
    this.#points.length = MOST / 2;
    this.#lines *= 2;
  }

  get steps(): number[] {
    return this.#points.map(({ step }) => step);
  }

  /** A column's means; `null` where it has none. */
  column(name: string): (number | null)[] {
    const column = this.names.indexOf(name);
    return this.#points.map(({ sums, counts }) =>
      counts[column] ? Number((sums[column] / counts[column]).toPrecision(6)) : null,
    );
  }
}

/** A mean over a fiftieth of a curve to either side. */
export function smooth(values: readonly (number | null)[]): (number | null)[] {
  const reach = Math.floor(values.length / 50);
  return values.map((value, at) => {
    if (value === null) return null;
    const near = values.slice(Math.max(0, at - reach), at + reach + 1).filter((one) => one !== null);
    return Number((near.reduce((sum, one) => sum + one, 0) / near.length).toPrecision(6));
  });
}
