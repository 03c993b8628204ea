import { expect, test } from "vitest";
import { duration, fit, grouped, oneLine, size, styleOf, table } from "./style.ts";

const terminal = { isTTY: true, columns: 60, write: async () => {} };

test("a terminal gets colour and bars, unless NO_COLOR is set", () => {
  const style = styleOf(terminal, {});
  expect(style.mark("Chekhov")).toBe("\u001B[1;32mChekhov\u001B[22;39m");
  expect(style.bar(0.5)).toContain("█".repeat(10));
  expect(style.width).toBe(60);
  const plain = styleOf(terminal, { NO_COLOR: "1" });
  expect(plain.mark("Chekhov")).toBe("[Chekhov]");
  expect(plain.bar(1)).toBe("█".repeat(20));
});

test("a file gets plain text of any width", () => {
  const style = styleOf({ ...terminal, isTTY: false }, {});
  expect([style.bold("x"), style.bad("x"), style.bar(1), style.width]).toEqual(["x", "x", "", Infinity]);
});

test("bars have a resolution of an eighth of a character", () => {
  const style = styleOf(terminal, { NO_COLOR: "1" });
  expect([0, 1 / 160, 0.025, -1, 2].map((share) => style.bar(share))).toEqual([
    "",
    "▏",
    "▌",
    "",
    "█".repeat(20),
  ]);
});

test("a text for people is on one line, without control characters, and fits", () => {
  expect(oneLine(" one\n\ttwo\u001B[31m\u2028three ")).toBe("one two [31m three");
  expect(fit("one two three", 8)).toBe("one two…");
  expect(fit("one", 3)).toBe("one");
  expect(fit("🐦🐦🐦", 4)).toBe("🐦…"); // a character of two units is not halved
});

test("numbers are grouped and aligned", () => {
  expect(grouped(109_482_240)).toBe("109,482,240");
  expect([size(999), size(45_798_784), size(1.34e9)]).toEqual(["1.0 kB", "45.8 MB", "1.34 GB"]);
  expect(
    table(
      [
        ["a", "1"],
        ["long", "100"],
      ],
      [1],
    ),
  ).toEqual(["a       1", "long  100"]);
});

test("seconds are said in the units that people say", () => {
  const seconds = [0, 44.2, 89, 91, 480, 5399, 5401, 7_500, 86_399, 100_800];
  expect(seconds.map(duration)).toEqual([
    "0 s",
    "45 s",
    "89 s",
    "2 min",
    "8 min",
    "1 h 30 min",
    "1 h 31 min",
    "2 h 5 min",
    "1 d 0 h",
    "1 d 4 h",
  ]);
});
