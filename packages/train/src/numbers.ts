/**
 * Numbers that are asked for, and the sentence that refuses one out of its range.
 */
import { ClozeError } from "@cloze/core";

/** @throws {ClozeError} `invalid-option` for what is no whole number, or less than the least. */
export function checkWhole(field: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw refuseNumber(field, value, `a whole number from ${least}`);
}

/**
 * The error of a number that is out of its range.
 *
 * @example
 * refuseNumber("clip", -1, "a number above 0").message; // "clip is -1: give a number above 0."
 */
export function refuseNumber(field: string, value: number, want: string): ClozeError {
  return new ClozeError("invalid-option", `${field} is ${value}: give ${want}.`, { field });
}
