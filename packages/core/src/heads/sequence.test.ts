import { expect, test } from "vitest";
import { decodeScores, scoreFunction } from "./sequence.ts";

test("one label of several gets a softmax, several at once a sigmoid each, a number nothing", () => {
  expect(scoreFunction("sequence", 3)).toBe("softmax");
  expect(scoreFunction("multi-label", 3)).toBe("sigmoid");
  expect(scoreFunction("regression", 1)).toBe("none");
});

test("a single logit that is no regression gets a sigmoid: a softmax of one is always 1", () => {
  expect(scoreFunction("sequence", 1)).toBe("sigmoid");
  expect(decodeScores([0], "sigmoid")[0]).toBe(0.5);
});

test("softmax is safe against logits that overflow exp", () => {
  expect([...decodeScores([1000, 1000, -1000], "softmax")]).toEqual([0.5, 0.5, 0]);
});
