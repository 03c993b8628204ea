/**
 * What the portable checks say things with: nothing but ECMAScript, so that they run wherever the core does.
 */
import { ClozeError } from "@cloze/core";
import type { ErrorCode } from "@cloze/core";

/** Statements about the product, each with what throws where it is not so. */
export type Checks = Readonly<Record<string, () => unknown>>;

/** How far a number may be from the one that was computed on Node 24, and from one above 1 that much more. */
const TOLERANCE = 1e-5;

/** Throws unless two values are alike: numbers nearly, typed arrays as lists of numbers, all else exactly. */
export function equal(actual: unknown, expected: unknown, at = "it"): void {
  if (typeof actual === "number" && typeof expected === "number") {
    const near = Math.abs(actual - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
    if (near || Object.is(actual, expected)) return;
  } else if (isObject(actual) && isObject(expected)) {
    if (names(actual) !== names(expected))
      throw new Error(`${at} has [${names(actual)}], not [${names(expected)}]`);
    for (const name of Object.keys(expected)) equal(actual[name], expected[name], `${at}.${name}`);
    return;
  } else if (Object.is(actual, expected)) return;
  throw new Error(`${at} is ${show(actual)}, not ${show(expected)}`);
}

/** Throws unless what is asked for is refused with this code, and this field where one is given. */
export async function refused(code: ErrorCode, attempt: () => unknown, field?: string): Promise<void> {
  let result: unknown;
  try {
    result = await attempt();
  } catch (error) {
    if (!(error instanceof ClozeError)) throw error;
    equal(error.code, code, "the code");
    if (field !== undefined) equal(error.field, field, "the field");
    return;
  }
  throw new Error(`it is not refused with ${code}, but gives ${show(result)}`);
}

function names(value: object): string {
  return Object.keys(value).join();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
