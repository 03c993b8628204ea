/**
 * The values that comments tell: `expression; // 0.997, "positive"`. Numbers count to the digits that are written.
 */
import { runInThisContext } from "node:vm";
import { expect } from "vitest";

/** The values of a comment, or undefined where it is said to people. What comes after a colon is. */
export function valuesOf(comment: string): unknown[] | undefined {
  for (const text of [comment, comment.split(/: (?=[^:]*$)/)[0]]) {
    try {
      return runInThisContext(`[${text}]`) as unknown[];
    } catch {
      // said to people, or what is before the colon is not
    }
  }
  return undefined;
}

/** Compares what a line gave with what its comment tells: one value, or one after the other what an array holds. */
export function expectValue(actual: unknown, values: readonly unknown[], comment: string): void {
  const view = ArrayBuffer.isView(actual);
  const plain: unknown = view ? Array.from(actual as Int32Array) : actual;
  const told = values.length === 1 && !view ? values[0] : values;
  expect(asTold(plain, told), `// ${comment}`).toEqual(told);
}

/** A value with its numbers rounded to as many decimals as those of another have. */
export function asTold(actual: unknown, told: unknown): unknown {
  if (typeof actual === "number" && typeof told === "number") {
    const decimals = /\.(\d+)$/.exec(String(told))?.[1].length;
    return decimals === undefined ? actual : Number(actual.toFixed(decimals));
  }
  if (ArrayBuffer.isView(actual) && Array.isArray(told))
    return asTold(Array.from(actual as Int32Array), told);
  if (Array.isArray(actual) && Array.isArray(told)) return actual.map((one, i) => asTold(one, told[i]));
  if (isRecord(actual) && isRecord(told))
    return Object.fromEntries(Object.entries(actual).map(([key, one]) => [key, asTold(one, told[key])]));
  return actual;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
