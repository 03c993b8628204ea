import { parsePlugin } from "@cloze/core";
import { expect, it } from "vitest";
import { HeadCache } from "./head-cache.ts";

const plugin = parsePlugin('{"name":"moods","kind":"sequence","labels":["a"]}');
const head = (megabytes: number) => ({
  plugin,
  weights: new Map([["weight", { dims: [1], data: new Float32Array(2 ** 18 * megabytes) }]]),
});

it("heads that were not used for the longest go, when 32 MiB are full", () => {
  const cache = new HeadCache();
  for (const name of ["a", "b", "c"]) cache.set(name, head(10));
  cache.get("a");
  cache.set("d", head(10));
  expect(["a", "b", "c", "d"].filter((name) => cache.get(name))).toEqual(["a", "c", "d"]);
  cache.set("d", head(10)); // again takes no more room
  expect(cache.get("a")).toBeDefined();
  cache.set("whole", head(33)); // one alone may be larger
  expect(["a", "c", "d", "whole"].filter((name) => cache.get(name))).toEqual(["whole"]);
});
