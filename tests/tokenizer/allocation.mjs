/**
 * Run by allocation.test.ts in a process of its own, with room for all garbage: prints how many bytes the heap grew
 * by over many calls, and over as many calls of `encode`, for comparison.
 */
import { readFileSync } from "node:fs";
import { Tokenizer, Vocabulary } from "@cloze/core";

const CALLS = 50_000;
const WARM_UP = 200_000; // until the engine has optimised all of it, after which numbers stay out of the heap
const file = import.meta.resolve("@cloze/starter/model/vocab.txt");
const tokenizer = new Tokenizer(Vocabulary.parse(readFileSync(new URL(file), "utf8")));
const inputs = [
  "All human beings are born free and equal in dignity and rights. They're endowed with reason.",
  {
    text: "Where is Café Größe?",
    pair: "人人生而自由，在尊严和权利上一律平等。 İstanbul e\u0301 👍 [MASK] antidisestablishmentarianism",
  },
  { text: "", pair: "x" },
];
const options = [{ maxLength: 24 }, { maxLength: 16, direction: "left" }, { specials: false }];
const arrays = {
  ids: new Int32Array(128),
  segments: new Int32Array(128),
  offsets: new Int32Array(256),
  mask: new Float32Array(128),
};
const into = (i) => tokenizer.encodeInto(inputs[i % 3], arrays, options[i % 3], 8);
const fresh = (i) => tokenizer.encode(inputs[i % 3], options[i % 3]);

function grown(call) {
  for (let i = 0; i < WARM_UP; i++) call(i);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < CALLS; i++) call(i);
  return process.memoryUsage().heapUsed - before;
}

console.log(JSON.stringify({ calls: CALLS, into: grown(into), fresh: grown(fresh) }));
