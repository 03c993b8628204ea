import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { around, merged, pieces, without } from "./pieces.ts";

const cut = (text: string) =>
  [...pieces(text, { start: 0, end: text.length })].map(({ start, end }) => text.slice(start, end));

describe("pieces", () => {
  test("are paragraphs, with LF and CRLF", () => {
    expect(cut("One.\ntwo.\n\nThree.")).toEqual(["One.\ntwo.\n\n", "Three."]);
    expect(cut("One.\r\n \t\r\nTwo.")).toEqual(["One.\r\n \t\r\n", "Two."]);
    expect(cut("\n\nOne.\n\n\n\nTwo.")).toEqual(["\n\nOne.\n\n", "\n\nTwo."]);
    expect(cut("")).toEqual([]);
  });

  test("of a long paragraph end with a sentence, with a line, between words, or else within a pair of no surrogates", () => {
    expect(cut("It rained all day. ".repeat(300)).every((piece) => /^It.*day\. $/.test(piece))).toBe(true);
    expect(cut("no full stop\n".repeat(300)).every((piece) => piece.endsWith("stop\n"))).toBe(true);
    expect(cut("word ".repeat(1000)).every((piece) => piece.endsWith("word "))).toBe(true);
    expect(cut(`a${"😀".repeat(3000)}`).every((piece) => piece.isWellFormed())).toBe(true);
    expect(cut("雨下了一整天。".repeat(1000)).every((piece) => piece.endsWith("。"))).toBe(true);
  });

  test("lie behind one another, and are short", () => {
    const letters = fc.constantFrom(
      "a",
      "é",
      "名",
      "😀",
      " ",
      "\n",
      "\n\n",
      ". ",
      "\r\n",
      "long".repeat(200),
    );
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 60 }), (parts) => {
        const text = parts.join("");
        const found = cut(text);
        expect(found.join("")).toBe(text);
        expect(found.every(({ length }) => length > 0 && length <= 2000)).toBe(true);
      }),
    );
  });
});

describe("what is read again", () => {
  const text = "One.\n\nTwo and three.\n\nFour.";
  const read = (start: number, end: number) => {
    const span = around(text, { start, end });
    return text.slice(span.start, span.end);
  };

  test("is the paragraph of an edit, or the paragraphs that it touches", () => {
    expect(read(8, 9)).toBe("Two and three.");
    expect(read(0, 1)).toBe("One.");
    expect(read(26, 27)).toBe("Four.");
    expect(read(3, 8)).toBe("One.\n\nTwo and three.");
  });

  test("does not depend on what was cut to pieces before", () => {
    pieces("Before it.\n\nAnother.", { start: 0, end: 20 }).next();
    expect(read(8, 9)).toBe("Two and three.");
  });

  test("splits no word of a long paragraph, and is bounded", () => {
    const long = "lorem ipsum ".repeat(1000);
    const span = around(long, { start: 6003, end: 6004 });
    expect(span.end - span.start).toBeLessThan(4100);
    expect(long.slice(span.start, span.end)).toMatch(/^(?:lorem|ipsum)\b.*\b(?:lorem|ipsum)$/);
    const emoji = `a${"🙂".repeat(5000)}`;
    for (const start of [5001, 5002]) {
      const place = around(emoji, { start, end: start + 2 });
      expect(emoji.slice(place.start, place.end).isWellFormed()).toBe(true);
    }
    expect(around("x".repeat(9000), { start: 4000, end: 4001 })).toEqual({ start: 2000, end: 6001 });
  });
});

/** The units that places cover. */
const units = (spans: readonly { start: number; end: number }[]) =>
  new Set(spans.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)));

test("sets of places are united and lessened as sets of their units are", () => {
  const span = fc
    .tuple(fc.nat(30), fc.nat(30))
    .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));
  fc.assert(
    fc.property(fc.array(span), span, (spans, part) => {
      const all = merged(spans);
      expect(units(all)).toEqual(units(spans));
      expect(all.every(({ start }, i) => i === 0 || start > all[i - 1].end)).toBe(true);
      const gone = units([part]);
      expect(units(without(all, part))).toEqual(new Set([...units(all)].filter((unit) => !gone.has(unit))));
    }),
  );
});
