import { describe, expect, test } from "vitest";
import { Vocabulary } from "./vocabulary.ts";

const refused = (make: () => unknown, message: RegExp) =>
  expect(make).toThrow(
    expect.objectContaining({ code: "invalid-vocabulary", message: expect.stringMatching(message) }),
  );

describe("vocab.txt", () => {
  test("has one piece a line, whose number is its id", () => {
    const vocabulary = Vocabulary.parse("[UNK]\nun\n##able");
    expect(vocabulary.size).toBe(3);
    expect(vocabulary.id("##able")).toBe(2);
    expect(vocabulary.piece(1)).toBe("un");
    expect(vocabulary.id("able")).toBeUndefined();
  });
  test("may end in a newline, have CRLF and begin with a byte order mark", () =>
    expect(Vocabulary.parse("\ufeff[UNK]\r\nun\r\n").pieces).toEqual(["[UNK]", "un"]));
  test("keeps other white space, which U+2028 and U+0085 are", () =>
    expect(Vocabulary.parse("a\u2028b\n\u0085\n").pieces).toEqual(["a\u2028b", "\u0085"]));
  test("with a name of an object's own is a vocabulary like any other", () =>
    expect(Vocabulary.parse("__proto__\nconstructor").id("constructor")).toBe(1));
  test("with nothing in it is refused", () => refused(() => Vocabulary.parse("\n"), /empty/));
  test("with an empty line is refused", () => refused(() => Vocabulary.parse("a\n\nb\n"), /Line 2 .* empty/));
  test("with a piece twice is refused", () =>
    refused(() => Vocabulary.parse("a\nb\na\n"), /"a" twice, on lines 1 and 3/));
});

test("an id outside the vocabulary has no piece", () =>
  expect(() => Vocabulary.of(["a"]).piece(1)).toThrow(expect.objectContaining({ code: "invalid-input" })));

describe("pieces beside a vocabulary", () => {
  const beside = Vocabulary.of(["a", "##b"]).with(["new york", "c"]);
  test("follow it in order", () => {
    expect(beside.size).toBe(4);
    expect(beside.pieces).toEqual(["a", "##b", "new york", "c"]);
    expect(beside.id("c")).toBe(3);
    expect(beside.with(["d"]).id("d")).toBe(4);
  });
  test("are new", () => {
    refused(() => beside.with(["a"]), /has "a" already/);
    refused(() => beside.with(["d", "d"]), /has "d" already/);
  });
  test("do not change what it is told apart by", () =>
    expect(beside.hash).toBe(Vocabulary.of(["a", "##b"]).hash));
});
