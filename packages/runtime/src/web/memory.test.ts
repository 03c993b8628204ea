import { ClozeError } from "@cloze/core";
import { expect, test } from "vitest";
import { orWithoutMemory } from "./memory.ts";

test.each([
  "Array buffer allocation failed",
  "Aborted(OOM): out of memory",
  "std::bad_alloc",
  "Invalid typed array length: 9007199254740991",
  "Failed to allocate memory for requested buffer of size 187531264",
])("a lack of memory is told as one: %s", (said) => {
  expect(orWithoutMemory(new RangeError(said))).toMatchObject({ code: "unsupported" });
});

test("every other error is as it was", () => {
  for (const error of [new Error("no such node"), new ClozeError("invalid-model", "allocation failed")])
    expect(orWithoutMemory(error)).toBe(error);
});
