/**
 * The self-test: each task once, on inputs whose answers are known from the processor.
 */
import { ClozeError, throwIfAborted } from "@cloze/core";
import type { RunOptions } from "@cloze/core";
import type { Opened } from "./open.ts";
import { cases, encoder } from "./self-test.generated.ts";

/** What came of one task. */
export interface Check {
  readonly task: string;
  readonly passed: boolean;
  readonly milliseconds: number;
  /** How far the number that is farthest off is from what it should be; from 1 on, in parts of that. */
  readonly difference: number;
  /** What is otherwise than it should be, where something is. */
  readonly wrong?: string;
}

/** How far numbers may be off. */
const TOLERANCE = 1e-3;

/**
 * Runs all checks, one after another.
 *
 * @throws ClozeError `unsupported` for another model than the starter: its answers are not known.
 */
export async function selfTest({ bert, info }: Opened, _: object, run: RunOptions): Promise<Check[]> {
  if (info.model.sha256 !== encoder)
    throw new ClozeError(
      "unsupported",
      `The self-test knows the starter's answers, not those of ${info.model.name}: set cloze.model to starter.`,
    );
  const checks: Check[] = [];
  for (const { task, input, options, answer } of cases) {
    throwIfAborted(run.signal);
    const answerOf = bert[task] as (input: object, options: object) => Promise<unknown>;
    checks.push(await check(task, answer, () => answerOf(input, { ...options, signal: run.signal })));
    run.onProgress?.({ done: checks.length, total: cases.length });
  }
  return checks;
}

async function check(task: string, expected: unknown, work: () => Promise<unknown>): Promise<Check> {
  const begun = performance.now();
  try {
    const given = await work();
    const { difference, wrong } = compare(expected, given);
    return {
      task,
      milliseconds: performance.now() - begun,
      difference,
      passed: wrong === undefined,
      ...(wrong !== undefined && { wrong }),
    };
  } catch (error) {
    if (error instanceof ClozeError && error.code === "aborted") throw error;
    const wrong = error instanceof Error ? error.message : String(error);
    return { task, milliseconds: performance.now() - begun, difference: 0, passed: false, wrong };
  }
}

/** Compares two answers, part by part: numbers within the tolerance, all else the same. */
export function compare(
  expected: unknown,
  given: unknown,
  at = "answer",
): { difference: number; wrong?: string } {
  if (typeof expected === "number" && typeof given === "number") {
    const difference = Math.abs(given - expected) / Math.max(1, Math.abs(expected));
    return difference <= TOLERANCE
      ? { difference }
      : { difference, wrong: `${at}: ${given}, not ${expected}` };
  }
  if (typeof expected !== "object" || expected === null || typeof given !== "object" || given === null) {
    const same = expected === given;
    return same
      ? { difference: 0 }
      : { difference: 0, wrong: `${at}: ${JSON.stringify(given)}, not ${JSON.stringify(expected)}` };
  }
  const parts = Object.entries(expected).map(([key, value]) =>
    compare(value, (given as Readonly<Record<string, unknown>>)[key], `${at}.${key}`),
  );
  const wrong = parts.find((part) => part.wrong !== undefined)?.wrong;
  return {
    difference: Math.max(0, ...parts.map(({ difference }) => difference)),
    ...(wrong !== undefined && { wrong }),
  };
}
