/**
 * Peak memory of `load()` against the weights in the type that computes (float32): node memory.mjs MODEL
 *
 * The baseline is the process with Cloze and ONNX Runtime imported and a tiny model run once, so that what is
 * counted is this model's.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parameterCount } from "@cloze/core";
import { load } from "@cloze/runtime/node";

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? path.join(here, "../../packages/starter/model");
const peak = () => process.resourceUsage().maxRSS / 1000;

const tiny = await load(path.join(here, "../fixtures/checkpoints/erf"));
await tiny.classify("warm up");
await tiny[Symbol.asyncDispose]();

const before = peak();
const started = performance.now();
await using bert = await load(folder);
const seconds = (performance.now() - started) / 1000;
const weights = (parameterCount(bert.config).total * 4) / 1e6;
const used = peak() - before;
console.log(
  `${folder}: load() took ${seconds.toFixed(2)} s and at its peak ${used.toFixed(0)} MB, ` +
    `${(used / weights).toFixed(2)}x the ${weights.toFixed(0)} MB of float32 weights`,
);
