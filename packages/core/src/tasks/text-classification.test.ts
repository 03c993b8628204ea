import { expect, test } from "vitest";
import { tinyModel } from "../testing/index.ts";

test.each([
  ["a function that there is not", "function", { function: "bogus" as never }],
  ["no labels", "top", { top: 0 }],
  ["half a label", "top", { top: 1.5 }],
])("%s is refused", async (_, field, options) => {
  const refusal = expect.objectContaining({ code: "invalid-option", field }) as Error;
  await expect(tinyModel().classify("a film", options)).rejects.toThrow(refusal);
});
