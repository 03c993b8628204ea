import { expect, test } from "vitest";
import { capitalize, followCasing } from "./casing.ts";

test("a word takes the casing of the one it replaces", () => {
  const cases = ["door", "Door", "DOOR", "iPhone", "1896"].map((original) =>
    followCasing("window", original, false),
  );
  expect(cases).toEqual(["window", "Window", "WINDOW", "window", "window"]);
});

test("a single capital is one only at a sentence's start", () => {
  expect([followCasing("we", "I", false), followCasing("the", "A", true)]).toEqual(["we", "The"]);
});

test("capitals that a vocabulary has stay", () => {
  expect(followCasing("London", "village", false)).toBe("London");
});

test("first letters outside the basic plane, and Greek and German ones, are capitals too", () => {
  expect(["élan", "𐐨x", "ὀδός", "", "雨"].map(capitalize)).toEqual(["Élan", "𐐀x", "Ὀδός", "", "雨"]);
});
