import fc from "fast-check";
import { expect, test } from "vitest";
import { readLink, writeLink } from "./link.ts";

test("a link opens what it was made of, whatever the texts hold", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1 });
  const values = fc.dictionary(fc.stringMatching(/^[a-z]+$/), text, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]+$/), values, (tab, said) => {
      expect(readLink(writeLink({ tab, values: said }))).toEqual({ tab, values: said });
    }),
  );
});

test("empty fields are left out, and a link may name a tab alone", () => {
  expect(writeLink({ tab: "ask", values: { question: "Who?", noAnswer: "" } })).toBe("#ask?question=Who%3F");
  expect(writeLink({ tab: "fill", values: {} })).toBe("#fill");
  expect(readLink("#fill")).toEqual({ tab: "fill", values: {} });
});

test("an address without a tab opens nothing", () => {
  for (const hash of ["", "#", "#?text=a", "#A B"]) expect(readLink(hash)).toBeUndefined();
});
