import { expect, test } from "vitest";
import { toText } from "./triton-text.ts";

test("texts are quoted, words of an enum are not", () => {
  expect(toText({ name: 'a "b"\\c\n', kind: { word: "KIND_CPU" }, count: 2, optional: true })).toBe(
    'name: "a \\"b\\"\\\\c\\n"\nkind: KIND_CPU\ncount: 2\noptional: true\n',
  );
});

test("a message stands in braces, a list of messages is the same field again", () => {
  expect(toText({ step: [{ name: "a" }, { name: "b", map: { key: 1 } }], none: [] })).toBe(
    'step {\n  name: "a"\n}\nstep {\n  name: "b"\n  map {\n    key: 1\n  }\n}\n',
  );
});

test("numbers stand in brackets, and what is undefined is left out", () => {
  expect(toText({ dims: [-1, 384], preferred: undefined })).toBe("dims: [-1,384]\n");
});
