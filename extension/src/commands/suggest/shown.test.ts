import { expect, test } from "vitest";
import { excerpt, rowLabel } from "./shown.ts";

const blanksOf = (text: string, ...words: string[]) =>
  words.map((word) => ({ start: text.indexOf(word), end: text.indexOf(word) + word.length }));

test("a row has the words as they will read, with what they continue", () => {
  const one = "She is read[MASK] a big,\n red book.";
  expect(rowLabel(one, blanksOf(one, "[MASK]"), ["ing"])).toBe("reading");
  expect(rowLabel(one, blanksOf(one, "big", "red"), ["small", "blue"])).toBe("small, blue");
});

test("of a long stretch a row has the words alone", () => {
  const text = "He opened the old and rusty door and saw that there was a garden.";
  expect(rowLabel(text, blanksOf(text, "opened", "garden"), ["shut", "house"])).toBe("shut … house");
});

test("an excerpt shows words in their sentence, on one line, cut between words", () => {
  const text = "It was a dark and stormy night, and nobody went out. He closed the\r\n\tdoor behind him.";
  expect(excerpt(text, blanksOf(text, "door"), ["window"])).toBe(
    "… nobody went out. He closed the window behind him.",
  );
  expect(excerpt(text, blanksOf(text, "dark"), ["cold"])).toBe(
    "It was a cold and stormy night, and nobody went …",
  );
});

test("an excerpt stays in its paragraph", () => {
  const text = "Title\n\nThe door.\r\n- Next";
  expect(excerpt(text, blanksOf(text, "door"), ["wall"])).toBe("The wall.");
  expect(excerpt(text, blanksOf(text, "Next"), ["Then"])).toBe("- Then");
});

test("an excerpt is cut between characters", () => {
  for (const place of ["door", "a door b"]) {
    const text = `${"🙂".repeat(60)}${place}${"🙂".repeat(60)}`;
    expect(excerpt(text, blanksOf(text, "door"), ["wall"]).isWellFormed()).toBe(true);
  }
});
