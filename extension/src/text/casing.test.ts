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

test("a single capital counts as one also outside the basic plane, before digits and before what is left out", () => {
  for (const original of ["𐐀", "Q1", "I'm", "I’ll"]) {
    expect(followCasing("we", original, false)).toBe("we");
    expect(followCasing("we", original, true)).toBe("We");
  }
  expect(["O'Brien", "Q1A", "DON'T"].map((original) => followCasing("we", original, false))).toEqual([
    "We",
    "WE",
    "WE",
  ]);
});

test("a German word in capitals is one also where its ß is written small", () => {
  expect(followCasing("window", "STRAßE", false)).toBe("WINDOW");
});

test("capitals that a vocabulary has stay", () => {
  expect(followCasing("London", "village", false)).toBe("London");
});

test("first letters outside the basic plane, and Greek and German ones, are capitals too", () => {
  expect(["élan", "𐐨x", "ὀδός", "", "雨"].map(capitalize)).toEqual(["Élan", "𐐀x", "Ὀδός", "", "雨"]);
});
