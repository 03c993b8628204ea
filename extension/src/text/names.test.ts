import { expect, test } from "vitest";
import { isPluginName, suggestName, titleOf } from "./names.ts";

test("a file's name becomes a plugin's, whatever it is written in", () => {
  expect(suggestName("Customer Feedback (2024).csv")).toBe("customer-feedback-2024");
  expect(suggestName("Crème_brûlée.TSV")).toBe("creme-brulee");
  expect(suggestName(`${"a".repeat(63)} b.csv`)).toBe("a".repeat(63));
  for (const odd of ["评论.csv", "🎬.tsv", ".jsonl", "head.csv", ""])
    expect(suggestName(odd)).toBe("classifier");
});

test("a plugin's name can be part of a command; that of a model's own head is taken", () => {
  for (const name of ["a", "9", "my-topics", "a".repeat(64)]) expect(isPluginName(name)).toBe(true);
  for (const name of ["", "-a", "A", "a b", "a/b", "..", "a".repeat(65), "head"])
    expect(isPluginName(name)).toBe(false);
});

test("a title is the name in words", () => {
  expect(titleOf("customer-feedback")).toBe("Customer feedback");
});
