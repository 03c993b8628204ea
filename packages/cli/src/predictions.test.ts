import { expect, test } from "vitest";
import { parsePredictions, parseProbabilities } from "./predictions.ts";

test("probabilities keep the order of the file, even of ids that look like integers", () => {
  const text = '\uFEFF{"b": 0.5, "10": 1e-3, "2": 0, "a \\"quoted\\"": -1, "b": 0.25}';
  expect([...parseProbabilities(text, "f")]).toEqual([
    ["b", 0.25],
    ["10", 0.001],
    ["2", 0],
    ['a "quoted"', -1],
  ]);
});

test("predictions are texts by id, __proto__ being an id like any other", () => {
  expect([...parsePredictions('{"__proto__": "x", "b": ""}', "f")]).toEqual([
    ["__proto__", "x"],
    ["b", ""],
  ]);
});

test.each([
  [() => parsePredictions("{", "p.json"), "p.json is not JSON"],
  [() => parsePredictions("[]", "p.json"), "p.json should hold one JSON object"],
  [() => parsePredictions('{"a": null}', "p.json"), "p.json: the prediction of a should be a text"],
  [() => parseProbabilities('{"a": "1"}', "p.json"), "p.json: the probability of a should be a number"],
])("a damaged file is refused by name (%#)", (parse, message) => {
  expect(parse).toThrow(message);
});
