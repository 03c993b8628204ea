import { describe, expect, test } from "vitest";
import { compare } from "./self-test.ts";

describe("answers are compared", () => {
  const known = { label: "positive", scores: { positive: 0.9, negative: 0.1 }, embedding: [0.5, 20] };

  test("within a thousandth, and from 1 on within a thousandth of it", () => {
    const near = {
      label: "positive",
      scores: { positive: 0.9005, negative: 0.0995 },
      embedding: [0.5, 20.01],
    };
    const { difference, wrong } = compare(known, near);
    expect(wrong).toBeUndefined();
    expect(difference).toBeCloseTo(0.0005);
  });

  test.each([
    ["a number", { ...known, embedding: [0.5, 20.1] }, "answer.embedding.1: 20.1, not 20"],
    ["a word", { ...known, label: "negative" }, 'answer.label: "negative", not "positive"'],
    ["a part that lacks", { label: "positive" }, "answer.scores: undefined, not"],
    ["what is no number", { ...known, embedding: [0.5, NaN] }, "answer.embedding.1: NaN, not 20"],
    ["nothing", null, "answer: null, not"],
  ])("and %s that is wrong is named", (_, given, wrong) => {
    expect(compare(known, given).wrong).toContain(wrong);
  });
});
