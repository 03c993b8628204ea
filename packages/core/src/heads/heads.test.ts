import { expect, test } from "vitest";
import { heads } from "./index.ts";

const kinds = [
  "sequence",
  "regression",
  "multi-label",
  "span",
  "token",
  "choice",
  "masked-lm",
  "next-sentence",
] as const;

test.each(kinds)("the kind %s has one head", (kind) => {
  expect(heads.filter((head) => head.kinds.includes(kind))).toHaveLength(1);
});

test("no head serves a kind that plugin.json does not know", () => {
  expect(heads.flatMap((head) => head.kinds).toSorted()).toEqual(kinds.toSorted());
});
