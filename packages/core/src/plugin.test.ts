import { expect, test } from "vitest";
import { parsePlugin } from "./plugin.ts";

const minimal = { name: "moods", kind: "sequence", labels: ["sad", "glad"] };
const parse = (more: Record<string, unknown>) => parsePlugin(JSON.stringify({ ...minimal, ...more }));

test("what is left out has a default", () => {
  expect(parse({})).toEqual({
    ...minimal,
    version: "0.0.0",
    title: "moods",
    features: "pooler",
    scope: "plugins.moods",
    examples: [],
    metrics: {},
  });
});

test.each([
  ["a name that is no part of a URL", { name: "../moods" }, "name"],
  ["a kind that is not known", { kind: "oracle" }, "kind"],
  ["no labels", { labels: [] }, "labels"],
  ["two labels of one name", { labels: ["a", "a"] }, "labels"],
  ["an encoder without a hash", { encoder: { name: "x", sha256: "12" } }, "encoder"],
  ["a length that is too short", { maxLength: 2 }, "maxLength"],
  ["a threshold that is no number", { threshold: "low" }, "threshold"],
])("%s is refused, and the field named", (_, more, field) => {
  expect(() => parse(more)).toThrow(expect.objectContaining({ code: "invalid-plugin", field }));
});

test.each(["", "[]", "null"])("%j is refused", (text) => {
  expect(() => parsePlugin(text)).toThrow(expect.objectContaining({ code: "invalid-plugin" }));
});
